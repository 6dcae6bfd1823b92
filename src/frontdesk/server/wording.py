"""What the chat page itself says, per language; what the assistant says is release content."""

from collections.abc import Mapping, Sequence

WORDING: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Chat with {organisation}",
        "message": "Your message",
        "send": "Send",
        "person": "Talk to a person",
        "person_asked": "A person has been asked",
        "conversation": "Conversation",
        "you": "You",
        "operator": "Our team",
        "thinking": "One moment",
        "restarted": "Starting again, one moment",
        "source": "Source {marker}",
        "sources": "Sources",
        "open_page": "Open the page",
        "close": "Close",
        "failed": "Your message could not be sent.",
        "offline": "No connection. Trying again.",
        "retry": "Send again",
        "too_long": "This message is too long. Please shorten it to 8,000 characters.",
        "busy": "Many people are writing right now. Please send it again shortly.",
        "ended": "This conversation has ended.",
        "new": "Start a new conversation",
        "person_failed": "That did not work. Please try again.",
        "waiting": "Your messages now go to our team.",
        "no_script": "This chat needs JavaScript.",
    },
    "es": {
        "title": "Chat con {organisation}",
        "message": "Tu mensaje",
        "send": "Enviar",
        "person": "Hablar con una persona",
        "person_asked": "Hemos avisado a una persona",
        "conversation": "Conversación",
        "you": "Tú",
        "operator": "Nuestro equipo",
        "thinking": "Un momento",
        "restarted": "Empiezo de nuevo, un momento",
        "source": "Fuente {marker}",
        "sources": "Fuentes",
        "open_page": "Abrir la página",
        "close": "Cerrar",
        "failed": "No se ha podido enviar tu mensaje.",
        "offline": "Sin conexión. Lo intentamos de nuevo.",
        "retry": "Enviar otra vez",
        "too_long": "El mensaje es demasiado largo. Acórtalo a 8000 caracteres.",
        "busy": "Hay mucha gente escribiendo. Envíalo de nuevo en un momento.",
        "ended": "Esta conversación ha terminado.",
        "new": "Empezar una conversación nueva",
        "person_failed": "No ha funcionado. Inténtalo de nuevo.",
        "waiting": "Tus mensajes llegan ahora a nuestro equipo.",
        "no_script": "Este chat necesita JavaScript.",
    },
    "de": {
        "title": "Chat mit {organisation}",
        "message": "Deine Nachricht",
        "send": "Senden",
        "person": "Mit einem Menschen sprechen",
        "person_asked": "Ein Mensch ist angefragt",
        "conversation": "Gespräch",
        "you": "Du",
        "operator": "Unser Team",
        "thinking": "Einen Moment",
        "restarted": "Ich beginne noch einmal, einen Moment",
        "source": "Quelle {marker}",
        "sources": "Quellen",
        "open_page": "Seite öffnen",
        "close": "Schließen",
        "failed": "Deine Nachricht konnte nicht gesendet werden.",
        "offline": "Keine Verbindung. Wir versuchen es weiter.",
        "retry": "Noch einmal senden",
        "too_long": "Die Nachricht ist zu lang. Bitte kürze sie auf 8.000 Zeichen.",
        "busy": "Gerade schreiben sehr viele. Bitte sende sie gleich noch einmal.",
        "ended": "Dieses Gespräch ist beendet.",
        "new": "Neues Gespräch beginnen",
        "person_failed": "Das hat nicht geklappt. Bitte versuche es noch einmal.",
        "waiting": "Deine Nachrichten gehen jetzt an unser Team.",
        "no_script": "Dieser Chat braucht JavaScript.",
    },
}


def choose_language(asked: str, accepted: str, *, among: Sequence[str], default: str) -> str:
    """The page's language: asked for by name, else the browser's first that we speak, else the assistant's.

    Args:
        asked: value of `?lang=`; may be empty.
        accepted: the header Accept-Language; its order is taken as it stands.
        among: the assistant's languages.
    """
    spoken = [language for language in among if language in WORDING]
    wishes = [asked, *(part.partition(";")[0] for part in accepted.split(",")), default]
    primary = (wish.strip().partition("-")[0].lower() for wish in wishes)
    return next((language for language in primary if language in spoken), "en")
