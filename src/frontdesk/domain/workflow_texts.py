"""The sentences that every workflow has without writing them."""

from dataclasses import dataclass, field

from frontdesk.domain.localised import Localised


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowTexts:
    """What is said around the questions and answers of workflows. There are words for English, Spanish and German."""

    not_understood: Localised = field(
        default_factory=lambda: {
            "en": "I did not understand that as an answer.",
            "es": "No he entendido eso como respuesta.",
            "de": "Das habe ich nicht als Antwort verstanden.",
        }
    )
    """After words that fit neither the question nor anything else."""
    too_small: Localised = field(
        default_factory=lambda: {
            "en": "That is less than is possible here.",
            "es": "Es menos de lo que es posible.",
            "de": "Das ist weniger, als hier möglich ist.",
        }
    )
    """After a number or an amount below the smallest one."""
    too_large: Localised = field(
        default_factory=lambda: {
            "en": "That is more than is possible here.",
            "es": "Es más de lo que es posible.",
            "de": "Das ist mehr, als hier möglich ist.",
        }
    )
    """After a number or an amount above the largest one."""
    too_early: Localised = field(
        default_factory=lambda: {
            "en": "That date is too early.",
            "es": "Esa fecha es demasiado temprana.",
            "de": "Dieses Datum liegt zu früh.",
        }
    )
    """After a date before the first possible one."""
    too_late: Localised = field(
        default_factory=lambda: {
            "en": "That date is too late.",
            "es": "Esa fecha es demasiado tardía.",
            "de": "Dieses Datum liegt zu spät.",
        }
    )
    """After a date behind the last possible one."""
    unknown_choice: Localised = field(
        default_factory=lambda: {
            "en": "That is not among what I can choose from.",
            "es": "Eso no está entre las opciones.",
            "de": "Das ist nicht unter dem, was zur Auswahl steht.",
        }
    )
    """After a choice that does not exist."""
    too_long: Localised = field(
        default_factory=lambda: {
            "en": "That is longer than I can take.",
            "es": "Es más largo de lo que puedo aceptar.",
            "de": "Das ist länger, als ich annehmen kann.",
        }
    )
    """After a text above the bound."""
    for_example: Localised = field(
        default_factory=lambda: {
            "en": "For example: {values}.",
            "es": "Por ejemplo: {values}.",
            "de": "Zum Beispiel: {values}.",
        }
    )
    """Valid answers; `{values}` is filled in."""
    corrected: Localised = field(
        default_factory=lambda: {
            "en": "I have changed that.",
            "es": "Lo he cambiado.",
            "de": "Das habe ich geändert.",
        }
    )
    """After a correction of something said earlier."""
    already_done: Localised = field(
        default_factory=lambda: {
            "en": "That was already carried out with what you said before, and I can't change it afterwards.",
            "es": "Eso ya se ha hecho con lo que dijiste antes y no puedo cambiarlo después.",
            "de": "Das ist mit deiner früheren Angabe schon ausgeführt, und ich kann es nachträglich nicht ändern.",
        }
    )
    """After a correction of something that an effect already rests on."""
    cancelled: Localised = field(
        default_factory=lambda: {
            "en": "All right, I have stopped here. Nothing was changed.",
            "es": "De acuerdo, lo dejo aquí. No se ha cambiado nada.",
            "de": "In Ordnung, ich höre hier auf. Es wurde nichts geändert.",
        }
    )
    """After the customer called it off."""
    cancelled_after: Localised = field(
        default_factory=lambda: {
            "en": "All right, I have stopped here. What was already carried out stays as it is.",
            "es": "De acuerdo, lo dejo aquí. Lo que ya se ha hecho se queda como está.",
            "de": "In Ordnung, ich höre hier auf. Was schon ausgeführt ist, bleibt bestehen.",
        }
    )
    """The same where something had been done already."""
    declined: Localised = field(
        default_factory=lambda: {
            "en": "Then I leave it.",
            "es": "Entonces lo dejo.",
            "de": "Dann lasse ich es.",
        }
    )
    """After a no to a confirmation that leads to nothing else."""
    back_to: Localised = field(
        default_factory=lambda: {
            "en": "Back to {title}:",
            "es": "Volvamos a {title}:",
            "de": "Zurück zu: {title}.",
        }
    )
    """Before a question that was interrupted; `{title}` is filled in."""
    which: Localised = field(
        default_factory=lambda: {
            "en": "Which of these do you mean: {values}?",
            "es": "¿Cuál de estas cosas quieres: {values}?",
            "de": "Was davon meinst du: {values}?",
        }
    )
    """Where two or more workflows fit; `{values}` is filled in."""
    why: Localised = field(
        default_factory=lambda: {
            "en": "I need it to go on with this.",
            "es": "Lo necesito para seguir con esto.",
            "de": "Ich brauche es, um hier weiterzumachen.",
        }
    )
    """Why something is asked, where the workflow does not say."""
    why_confirm: Localised = field(
        default_factory=lambda: {
            "en": "I only do this after a clear yes, because it changes something for you.",
            "es": "Solo lo hago con un sí claro, porque cambia algo para ti.",
            "de": "Das mache ich nur nach einem klaren Ja, denn es ändert etwas für dich.",
        }
    )
    """Why a confirmation is asked for."""
    yes_or_no: Localised = field(
        default_factory=lambda: {
            "en": "Please answer yes or no.",
            "es": "Responde sí o no, por favor.",
            "de": "Bitte antworte mit Ja oder Nein.",
        }
    )
    """After a word that is neither."""
    looked_again: Localised = field(
        default_factory=lambda: {
            "en": "Some time has passed, so I have looked again.",
            "es": "Ha pasado un tiempo, así que lo he vuelto a mirar.",
            "de": "Es ist etwas Zeit vergangen, deshalb habe ich noch einmal nachgesehen.",
        }
    )
    """Before a confirmation that is shown again because the first one is too old."""
    missing: Localised = field(
        default_factory=lambda: {
            "en": "I can't go on without it.",
            "es": "Sin eso no puedo seguir.",
            "de": "Ohne das komme ich nicht weiter.",
        }
    )
    """After "I don't have that", where there is no other way."""
    not_known: Localised = field(
        default_factory=lambda: {
            "en": "I don't find an answer to that. You can ask for a person at any time.",
            "es": "No encuentro respuesta a eso. Puedes pedir una persona en cualquier momento.",
            "de": "Darauf finde ich keine Antwort. Du kannst jederzeit um einen Menschen bitten.",
        }
    )
    """After a question that the documents do not answer, while a workflow waits. It offers nothing that a yes could mean:
    the workflow's own question comes next."""
    offer_person: Localised = field(
        default_factory=lambda: {
            "en": "Shall I bring in a person?",
            "es": "¿Quieres que te atienda una persona?",
            "de": "Soll ich einen Menschen dazuholen?",
        }
    )
    """The offer of a person."""
    frustrated: Localised = field(
        default_factory=lambda: {
            "en": "I'm sorry that this is tiresome.",
            "es": "Siento que esto resulte pesado.",
            "de": "Es tut mir leid, dass das mühsam ist.",
        }
    )
    """After an angry word; the offer of a person follows."""
    giving_up: Localised = field(
        default_factory=lambda: {
            "en": "We don't get on here, so a person will take over.",
            "es": "Así no avanzamos, te atenderá una persona.",
            "de": "So kommen wir nicht weiter, ein Mensch übernimmt.",
        }
    )
    """Before a hand-over after too many questions."""
    silent: Localised = field(
        default_factory=lambda: {
            "en": "A system that I need does not answer at the moment, so I can't tell you for certain. A "
            "person will look into it and reply here.",
            "es": "Un sistema que necesito no responde en este momento, así que no puedo decirlo con seguridad. Una "
            "persona lo mirará y responderá aquí.",
            "de": "Ein System, das ich brauche, antwortet gerade nicht. Ich kann es deshalb nicht sicher sagen. Ein "
            "Mensch sieht nach und antwortet hier.",
        }
    )
    """Where a system cannot be read and the workflow does not say what to do; a person takes over."""
    unsure_if_done: Localised = field(
        default_factory=lambda: {
            "en": "The system did not confirm it, so I don't know yet whether it was carried out. A person checks "
            "before anything is tried again.",
            "es": "El sistema no lo ha confirmado, así que aún no sé si se ha hecho. Una persona lo comprobará antes "
            "de volver a intentarlo.",
            "de": "Das System hat es nicht bestätigt, ich weiß also noch nicht, ob es ausgeführt ist. Ein Mensch prüft "
            "es, bevor etwas wiederholt wird.",
        }
    )
    """After an effect whose end nobody knows."""
    undone: Localised = field(
        default_factory=lambda: {
            "en": "The last step failed, so what I had carried out before it is undone again.",
            "es": "El último paso falló, así que lo que había hecho antes se ha deshecho.",
            "de": "Der letzte Schritt ist gescheitert. Was ich davor ausgeführt hatte, ist wieder rückgängig gemacht.",
        }
    )
    """After earlier effects were taken back because a later one failed."""
    not_undone: Localised = field(
        default_factory=lambda: {
            "en": "The last step failed, and what I had carried out before it could not be undone. A person sees to "
            "it.",
            "es": "El último paso falló y lo que había hecho antes no se pudo deshacer. Una persona se ocupa.",
            "de": "Der letzte Schritt ist gescheitert, und was davor ausgeführt war, ließ sich nicht rückgängig "
            "machen. Ein Mensch kümmert sich darum.",
        }
    )
    """The same where taking back failed too."""
    expired: Localised = field(
        default_factory=lambda: {
            "en": "What we had begun was left open for too long, so I have closed it: {title}.",
            "es": "Lo que habíamos empezado llevaba demasiado tiempo abierto y lo he cerrado: {title}.",
            "de": "Was wir begonnen hatten, stand zu lange offen, deshalb habe ich es geschlossen: {title}.",
        }
    )
    """Said when somebody comes back after the time limit; `{title}` is filled in."""
    unknown: Localised = field(
        default_factory=lambda: {
            "en": "not known",
            "es": "no se sabe",
            "de": "nicht bekannt",
        }
    )
    """Stands for a value that nobody told."""
    yes: Localised = field(
        default_factory=lambda: {
            "en": "Yes",
            "es": "Sí",
            "de": "Ja",
        }
    )
    """On a button."""
    no: Localised = field(
        default_factory=lambda: {
            "en": "No",
            "es": "No",
            "de": "Nein",
        }
    )
    """On a button."""
