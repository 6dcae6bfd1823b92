"""The workflows of a small shop, as far as understanding looks at them."""

from frontdesk.domain.workflow import (
    AskStep,
    Call,
    ConfirmStep,
    EndStep,
    Slot,
    Workflow,
)

ORDER = Slot(
    name="order",
    type="id",
    ask={"en": "Which order is it about?", "de": "Um welche Bestellung geht es?", "es": "¿De qué pedido se trata?"},
    pattern=r"HP-\d{6}",
    examples=("HP-448120",),
)
EXAMPLES = {
    "order_status": (
        "where is my order",
        "has my parcel been shipped",
        "when will my package arrive",
        "my delivery has not arrived",
        "track my order",
        "wo ist meine Bestellung",
        "wann kommt mein Paket an",
        "meine Lieferung ist noch nicht da",
        "Status meiner Bestellung",
        "dónde está mi pedido",
        "cuándo llega mi paquete",
        "mi envío no ha llegado",
        "estado de mi pedido",
    ),
    "refund_status": (
        "where is my refund",
        "when do I get my money back",
        "I returned something and my refund has not arrived",
        "I sent it back and have not been refunded",
        "wo ist meine Erstattung",
        "wann bekomme ich mein Geld zurück",
        "ich habe etwas zurückgeschickt und noch kein Geld bekommen",
        "meine Rückzahlung ist noch nicht da",
        "dónde está mi reembolso",
        "cuándo me devolvéis el dinero",
        "devolví un artículo y no he recibido mi dinero",
        "mi reembolso no ha llegado",
    ),
    "start_return": (
        "I want to return my order",
        "I would like to send something back",
        "start a return",
        "please send me a return label",
        "ich möchte etwas zurückgeben",
        "ich will meine Bestellung zurückschicken",
        "Rücksendung anmelden",
        "ich brauche ein Retourenetikett",
        "quiero devolver mi pedido",
        "me gustaría devolver un artículo",
        "iniciar una devolución",
        "necesito una etiqueta de devolución",
    ),
    "change_address": (
        "change my delivery address",
        "please send my order to another address",
        "the shipping address of my order is wrong",
        "deliver my parcel to a different place",
        "ich möchte die Lieferadresse ändern",
        "bitte liefert meine Bestellung an eine andere Adresse",
        "die Adresse meiner Bestellung ist falsch",
        "mein Paket soll woanders hin",
        "quiero cambiar la dirección de entrega",
        "por favor enviad mi pedido a otra dirección",
        "la dirección de mi pedido está mal",
    ),
    "repair_appointment": (
        "I want to book a repair appointment",
        "I would like to have my jacket repaired",
        "my tent is broken and needs to be fixed",
        "make an appointment at the workshop",
        "ich möchte einen Reparaturtermin buchen",
        "ich will meine Schuhe reparieren lassen",
        "mein Zelt ist kaputt",
        "Termin in der Werkstatt vereinbaren",
        "quiero pedir cita para una reparación",
        "me gustaría reparar mi mochila",
        "mi tienda está rota y hay que arreglarla",
        "reservar una cita en el taller",
    ),
    "business_enquiry": (
        "we want to place a bulk order for our company",
        "I am looking for a quote for our team",
        "I would like to become a reseller",
        "business enquiry",
        "wir möchten für unsere Firma eine größere Menge bestellen",
        "ich suche ein Angebot für unser Team",
        "ich möchte Händler werden",
        "Anfrage als Geschäftskunde",
        "queremos hacer un pedido grande para nuestra empresa",
        "busco un presupuesto para nuestro equipo",
        "quiero ser distribuidor",
        "consulta de empresa",
    ),
}


def a_workflow(name: str, *slots: Slot) -> Workflow:
    """Asks for its slots in order, confirms and ends."""
    used = slots or (ORDER,)
    steps = {
        slot.name: AskStep(step=slot.name, slot=slot.name, next=following.name if following else "confirm")
        for slot, following in zip(used, (*used[1:], None), strict=True)
    }
    call = Call(result="done", connector="shop", operation="do")
    confirm = ConfirmStep(step="confirm", text={"en": "Shall I?"}, call=call, next="end", otherwise="end")
    return Workflow(
        name=name,
        version=1,
        owner="Shop",
        title={"en": name.replace("_", " ")},
        examples=EXAMPLES.get(name, (name,)),
        steps={**steps, "confirm": confirm, "end": EndStep(step="end")},
        first=used[0].name,
        slots={slot.name: slot for slot in used},
    )


def the_shop() -> list[Workflow]:
    return [a_workflow(name) for name in EXAMPLES]
