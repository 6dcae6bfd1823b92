# ruff: noqa: SIM905 - word lists read better as text
"""The words in which English, Spanish and German write numbers, units, currencies and dates."""

NUMBER_WORDS: dict[str, dict[str, float]] = {
    "en": {
        **{
            word: float(value)
            for value, word in enumerate(
                "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
                "seventeen eighteen nineteen".split()
            )
        },
        **{
            word: float(value)
            for value, word in zip(
                range(20, 100, 10), "twenty thirty forty fifty sixty seventy eighty ninety".split(), strict=True
            )
        },
        "dozen": 12.0,
    },
    "es": {
        **{
            word: float(value)
            for value, word in enumerate(
                "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
                "diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco "
                "veintiséis veintisiete veintiocho veintinueve treinta".split()
            )
        },
        **{
            word: float(value)
            for value, word in zip(
                range(40, 100, 10), "cuarenta cincuenta sesenta setenta ochenta noventa".split(), strict=True
            )
        },
    },
    "de": {
        **{
            word: float(value)
            for value, word in enumerate(
                "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn "
                "sechzehn siebzehn achtzehn neunzehn".split()
            )
        },
        **{
            word: float(value)
            for value, word in zip(
                range(20, 100, 10),
                "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split(),
                strict=True,
            )
        },
        "dreissig": 30.0,
    },
}
for _tens, _value in list(NUMBER_WORDS["de"].items()):
    if _value >= 20 and _value % 10 == 0:
        for _one, _digit in zip("ein zwei drei vier fünf sechs sieben acht neun".split(), range(1, 10), strict=True):
            NUMBER_WORDS["de"][f"{_one}und{_tens}"] = _value + _digit

MULTIPLIERS: dict[str, dict[str, float]] = {
    "en": {"hundred": 100.0, "thousand": 1000.0, "million": 1_000_000.0},
    "es": {"cien": 100.0, "ciento": 100.0, "doscientos": 200.0, "quinientos": 500.0, "mil": 1000.0},
    "de": {"hundert": 100.0, "tausend": 1000.0},
}
PRONOUN_NUMBERS = frozenset({"one", "uno", "eins"})
"""Number words that mostly mean something else; numbers only before a unit."""

CURRENCIES: dict[str, str] = {
    "€": "EUR",
    "$": "USD",
    "£": "GBP",
    "¥": "JPY",
    "us$": "USD",
    **dict.fromkeys(["eur", "euro", "euros"], "EUR"),
    **dict.fromkeys(["usd", "dollar", "dollars", "dólar", "dólares"], "USD"),
    **dict.fromkeys(["gbp", "pound", "pounds", "libra", "libras", "quid"], "GBP"),
    **dict.fromkeys(["chf", "franken", "francs"], "CHF"),
    **{code: code.upper() for code in "jpy sek nok dkk pln czk cad aud mxn inr".split()},
    **dict.fromkeys(["cent", "cents", "céntimos", "pence"], "cent"),
}
PERCENT = frozenset({"%", "percent", "per cent", "por ciento", "prozent"})

_DURATIONS: dict[str, str] = {
    "second": "second seconds sec secs segundo segundos sekunde sekunden",
    "minute": "minute minutes min mins minuto minutos minuten",
    "hour": "hour hours hr hrs h hora horas stunde stunden std",
    "day": "day days día días dia dias tag tage tagen tages night nights noche noches nacht nächte nächten",
    "week": "week weeks semana semanas woche wochen",
    "month": "month months mes meses monat monate monaten monats",
    "year": "year years yr yrs año años jahr jahre jahren jahres",
    "business_day": "werktag werktage werktagen arbeitstag arbeitstage arbeitstagen weekday weekdays",
}
_MEASURES: dict[str, str] = {
    "kg": "kg kilo kilos kilogram kilograms kilogramm kilogramo kilogramos",
    "g": "g gram grams gramm gramo gramos",
    "mg": "mg",
    "lb": "lb lbs",
    "oz": "oz ounce ounces",
    "km": "km kilometre kilometres kilometer kilometers kilómetro kilómetros kilometern",
    "mile": "mile miles milla millas meile meilen",
    "m": "m metre metres meter meters metro metros metern",
    "cm": "cm centimetre centimetres centimeter centimeters centímetros zentimeter",
    "mm": "mm millimetre millimetres millimeter millimeters milímetros",
    "foot": "ft foot feet",
    "inch": "inch inches zoll",
    "l": "l litre litres liter liters litro litros",
    "ml": "ml millilitre millilitres milliliter",
    "gb": "gb gigabyte gigabytes",
    "mb": "mb megabyte megabytes mbps",
    "tb": "tb",
    "degree": "°c °f degree degrees grad grados",
    "watt": "w watt watts",
    "volt": "v volt volts",
    "mah": "mah",
}
UNITS: dict[str, tuple[str, str]] = {
    **{word: ("duration", unit) for unit, words in _DURATIONS.items() for word in words.split()},
    **{word: ("measure", unit) for unit, words in _MEASURES.items() for word in words.split()},
}
"""Unit as written, case folded: kind and canonical unit."""
BUSINESS = frozenset("business working hábil hábiles laborable laborables".split())
"""Words beside a day that make it a working day."""

MONTHS: dict[str, int] = {
    name: number
    for names in (
        "january february march april may june july august september october november december",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "jan feb mar apr _ jun jul aug sep oct nov dec",
        "_ _ mär _ _ _ _ _ sept okt _ dez",
        "ene _ _ abr _ _ _ ago _ _ _ dic",
    )
    for number, name in enumerate(names.split(), start=1)
    if name != "_"
}
WEEKDAYS: dict[str, int] = {
    name: number
    for names in (
        "monday tuesday wednesday thursday friday saturday sunday",
        "mondays tuesdays wednesdays thursdays fridays saturdays sundays",
        "lunes martes miércoles jueves viernes sábado domingo",
        "_ _ _ _ _ sábados domingos",
        "montag dienstag mittwoch donnerstag freitag samstag sonntag",
        "montags dienstags mittwochs donnerstags freitags samstags sonntags",
    )
    for number, name in enumerate(names.split(), start=1)
    if name != "_"
}
NOON: dict[str, int] = {"noon": 720, "midday": 720, "midnight": 0, "mediodía": 720, "medianoche": 0, "mitternacht": 0}
