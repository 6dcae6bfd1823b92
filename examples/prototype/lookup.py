"""Answers by keyword."""

ANSWERS = {
    ("e-bike", "cost"): "An e-bike costs 34 EUR a day and 20 EUR for half a day.",
    ("deposit",): "The deposit is 50 EUR for a city or trekking bike and 150 EUR for an e-bike or cargo bike.",
    ("open",): "From April to October the shop is open every day from 8:30 to 19:00.",
    ("helmet",): "A helmet for adults costs 3 EUR a day.",
}


def find(question):
    """The first answer all of whose words are asked for; None where there is none."""
    asked = question.lower()
    return next((answer for words, answer in ANSWERS.items() if all(word in asked for word in words)), None)
