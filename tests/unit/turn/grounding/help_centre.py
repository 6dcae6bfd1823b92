"""A small help centre in three languages: what it says, what says the same, and what it does not say."""

PASSAGES = {
    "returns": """# Returns

You can return unused items within 30 days of delivery. Sale items can be returned within 14 days of delivery.
Gift cards cannot be returned. The refund reaches your card within 5 working days after we receive the parcel.
Return shipping from Germany is free. A return label from Austria costs 4.90 EUR.
Parcels of more than 20 kg are collected by a carrier. Please keep the original box.""",
    "shipping": """# Shipping

Standard shipping to Austria costs 6.90 EUR. Standard shipping to Spain costs 8.90 EUR.
Orders above 80 EUR are shipped free of charge. Express delivery arrives the next working day when you order before 14:00.
We do not deliver to post office boxes. The last order date for Christmas is 18 December 2026.
- Delivery to islands takes 4 days longer.
- Batteries are not sent by air mail.""",
    "store": """# Hamburg store

The Hamburg store is open from 10:00 to 19:00. It is closed on Sundays. Dogs are welcome in the store.
Anna Petersen manages the store and leads the repair workshop. The workshop repairs tents, jackets and boots.
A new zip costs 25 EUR and takes two weeks. The workshop is closed from 3 August to 17 August.
Parking is available for 2 hours.""",
    "club": """# Pine Club

Membership costs 20 EUR a year. Members get 10 % off all repairs. Points expire after 24 months.
You can cancel your membership at any time in your account settings. The first invoice is sent on 1 March.
Members must be at least 18 years old. Points are not paid out in cash.""",
    "envíos": """# Envíos

El envío estándar a España cuesta 8,90 EUR. Los pedidos llegan en 3 días hábiles.
Los perros pueden entrar en la tienda de Barcelona. Las tarjetas regalo no se pueden devolver.
La tienda está abierta de 10:00 a 20:00 horas. El reembolso tarda 5 días.""",
    "rückgabe": """# Rückgabe

Die Rückgabe ist innerhalb von 30 Tagen möglich. Die Rücksendung aus Österreich kostet 4,90 EUR.
Gutscheine können nicht zurückgegeben werden. Der Laden ist von 10 bis 19 Uhr geöffnet.
Die Erstattung dauert 5 Werktage. Mitglieder erhalten 10 % Rabatt.""",
}
LANGUAGES = {"envíos": "es", "rückgabe": "de"}
"""Passages are English unless named here."""

PARAPHRASES = [
    ("returns", "Within 30 days of delivery, unused items can be returned."),
    ("returns", "Unused items can be sent back within 30 days after delivery."),
    ("returns", "You have 30 days from delivery to return anything you have not used."),
    ("returns", "Sale items can be returned within 14 days of delivery, but gift cards cannot be returned."),
    ("returns", "It is not possible to return gift cards."),
    ("returns", "Your refund arrives on your card within 5 working days once we have the parcel."),
    ("returns", "We pay the refund to your card within 5 business days of receiving the parcel."),
    ("returns", "Returns from Germany are free, while a label from Austria costs 4.90 EUR."),
    ("returns", "From Austria, a return label costs €4.90."),
    ("returns", "A carrier collects parcels of more than 20 kg."),
    ("shipping", "Shipping to Austria costs 6.90 EUR and shipping to Spain costs 8.90 EUR."),
    ("shipping", "Delivery to Spain costs 8.90 EUR."),
    ("shipping", "Orders over 80 EUR are shipped for free."),
    ("shipping", "If you order before 14:00, express delivery arrives the next working day."),
    ("shipping", "If you order before 2 pm, it arrives on the next working day with express delivery."),
    ("shipping", "Deliveries to post office boxes are not possible."),
    ("shipping", "We cannot deliver to a post office box."),
    ("shipping", "For Christmas, the last order date is December 18, 2026."),
    ("shipping", "Islands take 4 days longer."),
    ("store", "The store in Hamburg opens at 10:00 and closes at 19:00."),
    ("store", "On Sundays it is closed."),
    ("store", "Dogs are allowed in the store."),
    ("store", "Yes, you can bring your dog to the store."),
    ("store", "She manages the store and leads the repair workshop."),
    ("store", "The repair workshop is led by Anna Petersen."),
    ("store", "In the workshop we repair boots, jackets and tents."),
    ("store", "A new zip takes 14 days and costs 25 EUR."),
    ("store", "You can park for 2 hours."),
    ("club", "The membership fee is 20 EUR per year."),
    ("club", "Members get a 10% discount on repairs."),
    ("club", "Your points expire after 24 months."),
    ("club", "Points are valid for two years."),
    ("club", "You can cancel at any time in your account settings."),
    ("club", "In your account settings, you can end your membership at any time."),
    ("club", "They get 10 percent off all repairs."),
    ("club", "It costs 20 EUR a year."),
    ("envíos", "A España, el envío estándar cuesta 8,90 EUR."),
    ("envíos", "Las tarjetas regalo no se devuelven."),
    ("envíos", "Los pedidos llegan en tres días hábiles."),
    ("rückgabe", "Innerhalb von 30 Tagen ist die Rückgabe möglich."),
    ("rückgabe", "Aus Österreich kostet die Rücksendung 4,90 EUR."),
    ("rückgabe", "Der Laden ist zwischen 10 und 19 Uhr offen."),
]
"""Reordered, merged, with pronouns for names, with synonyms."""

INVENTED = [
    ("returns", "You can return items at any supermarket."),
    ("returns", "Refunds are paid in cash."),
    ("returns", "You need to call us before you return anything."),
    ("returns", "Returns must be sent to our Berlin warehouse."),
    ("shipping", "We also ship to Mars by rocket."),
    ("shipping", "Express delivery is available on weekends."),
    ("store", "The store has a restaurant on the roof."),
    ("store", "Anna Petersen founded the company."),
    ("store", "You can pay with bitcoin."),
    ("store", "Cats must stay outside."),
    ("club", "Members get free coffee in the store."),
    ("club", "Membership includes free express delivery."),
]
"""Plausible and said nowhere."""
