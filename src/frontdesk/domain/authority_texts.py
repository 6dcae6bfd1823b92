"""What is said where the session decides what may be done."""

from dataclasses import dataclass, field

from frontdesk.domain.localised import Localised


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityTexts:
    """There are words for English, Spanish and German; another language gets the assistant's default one."""

    sign_in: Localised = field(
        default_factory=lambda: {
            "en": "Please sign in first, so that I know that it is your own account. Then ask me again.",
            "es": "Primero inicia sesión, para que sepa que es tu propia cuenta. Después pregúntame otra vez.",
            "de": "Bitte melde dich zuerst an, damit ich weiß, dass es dein eigenes Konto ist. Frag mich danach noch einmal.",
        }
    )
    """Where a workflow needs a proved customer."""
    not_here: Localised = field(
        default_factory=lambda: {
            "en": "I can't do that here.",
            "es": "Aquí no puedo hacerlo.",
            "de": "Das kann ich hier nicht machen.",
        }
    )
    """Where a workflow is not switched on, or the message gave orders to the assistant."""
    code_asked: Localised = field(
        default_factory=lambda: {
            "en": "For this I have to be sure that it is you. I have sent you a code of six digits; please enter it here. It is valid for {minutes} minutes.",
            "es": "Para esto tengo que estar seguro de que eres tú. Te he enviado un código de seis cifras; escríbelo aquí. Vale {minutes} minutos.",
            "de": "Dafür muss ich sicher sein, dass du es bist. Ich habe dir einen Code mit sechs Ziffern geschickt; bitte gib ihn hier ein. Er gilt {minutes} Minuten.",
        }
    )
    """After a one-time code was sent; `{minutes}` is filled in."""
    code_awaited: Localised = field(
        default_factory=lambda: {
            "en": "To go on I still need the code of six digits that I have sent you.",
            "es": "Para seguir necesito todavía el código de seis cifras que te he enviado.",
            "de": "Um weiterzumachen, brauche ich noch den Code mit sechs Ziffern, den ich dir geschickt habe.",
        }
    )
    """After something else than the code."""
    code_right: Localised = field(
        default_factory=lambda: {
            "en": "Thank you, that is right.",
            "es": "Gracias, es correcto.",
            "de": "Danke, das stimmt.",
        }
    )
    """After the right code."""
    code_wrong: Localised = field(
        default_factory=lambda: {
            "en": "That code is not right. Please look again.",
            "es": "Ese código no es correcto. Míralo otra vez, por favor.",
            "de": "Dieser Code stimmt nicht. Bitte schau noch einmal nach.",
        }
    )
    """After a wrong code."""
    code_expired: Localised = field(
        default_factory=lambda: {
            "en": "That code is no longer valid.",
            "es": "Ese código ya no vale.",
            "de": "Dieser Code gilt nicht mehr.",
        }
    )
    """After a code that came too late; a new one follows."""
    code_locked: Localised = field(
        default_factory=lambda: {
            "en": "That was wrong too often, so I must not go on. A person will help you.",
            "es": "Se ha escrito mal demasiadas veces y no debo seguir. Te ayudará una persona.",
            "de": "Das war zu oft falsch, deshalb darf ich nicht weitermachen. Ein Mensch hilft dir.",
        }
    )
    """After the last try."""
    code_unsent: Localised = field(
        default_factory=lambda: {
            "en": "I can't send you a code at the moment, so a person will help you.",
            "es": "Ahora no puedo enviarte un código, te ayudará una persona.",
            "de": "Ich kann dir gerade keinen Code schicken, deshalb hilft dir ein Mensch.",
        }
    )
    """Where no code could be sent, or too many were."""
    not_said: Localised = field(
        default_factory=lambda: {
            "en": "What I found I must not say here, so a person will help you.",
            "es": "Lo que he encontrado no lo puedo decir aquí, te ayudará una persona.",
            "de": "Was ich gefunden habe, darf ich hier nicht sagen. Ein Mensch hilft dir.",
        }
    )
    """Where the outbound guard holds a workflow's sentence back."""
    gone: Localised = field(
        default_factory=lambda: {
            "en": "What we had begun can't go on here, so a person takes over.",
            "es": "Lo que habíamos empezado no puede seguir aquí, te atenderá una persona.",
            "de": "Was wir begonnen hatten, kann hier nicht weitergehen. Ein Mensch übernimmt.",
        }
    )
    """Where the release that a run began with is not there any more."""
    no_record: Localised = field(
        default_factory=lambda: {
            "en": "no record",
            "es": "ningún registro",
            "de": "kein Eintrag",
        }
    )
    """In place of the fields, where a system has nothing to say."""
    as_of: Localised = field(
        default_factory=lambda: {
            "en": "as of {time}",
            "es": "a fecha de {time}",
            "de": "Stand {time}",
        }
    )
    """In a citation: when a system said it; `{time}` is filled in."""
