"""Sentences that are only conversation: greetings, thanks, apologies, offers of help, admissions of not knowing."""

import re

from frontdesk.text.quantities import quantities

# Openings after which a sentence may still state something: "Sorry, pets are not allowed."
_OPENINGS = {
    "en": """
        hi|hello|hey|hi there|hello there|welcome|good (?:morning|afternoon|evening)
        thanks|thank you|sure|certainly|of course|absolutely|great|got it|okay|ok|alright|no problem|no worries
        great question|good question|i understand|i see|unfortunately|sorry|i'?m sorry|i'?m afraid|we'?re sorry|my apologies
    """,
    "es": "hola|buenos días|buenas tardes|buenas noches|gracias|claro|por supuesto|entendido|perfecto|lo siento|lo lamento"
    "|lamentablemente|disculpe|perdone",
    "de": "hallo|guten tag|guten morgen|guten abend|danke|vielen dank|natürlich|selbstverständlich|klar|gerne?|ich verstehe"
    "|leider|entschuldigung|es tut mir leid|tut mir leid",
}
# Openings of sentences that state nothing at all.
_TALK = {
    "en": """
        (?:hi|hello|hey|dear|welcome|good (?:morning|afternoon|evening))(?: [^,.!]{1,40})?[.!,]*$
        (?:thanks?|thank you)(?: (?:for|so|very|you)\\b.*)?[.!,]*$
        you'?re welcome\\b|my pleasure\\b
        (?:i'?m |we'?re )?(?:so |very |truly )?sorry (?:for|to hear|about|that you|if)\\b
        (?:i|we) (?:do )?(?:sincerely )?apologi[sz]e\\b|my apologies for\\b
        (?:please )?(?:just )?(?:let (?:me|us) know|feel free|don'?t hesitate|do not hesitate|reach out|get in touch)\\b
        (?:i|we) (?:do )?hope\\b
        (?:i|we)(?:'d| would) (?:be|love) (?:happy|glad|pleased|to)\\b
        (?:i'?m|i am|we'?re|we are) (?:happy|glad|here|pleased) to\\b
        (?:i|we) can (?:help|assist|look|check|connect|pass)\\b
        (?:i'?ll|i will|we'?ll|we will|let'?s) (?:help|check|look|find|be happy|connect|pass|see)\\b
        let me\\b|one moment\\b|just a (?:moment|second)\\b|have a (?:nice|great|good|lovely|wonderful)\\b|enjoy (?:your|the)\\b
        (?:is there )?(?:anything|something) else\\b|anything more\\b|will that be all\\b
        [^.!?]{0,80}:$
        (?:i|we) (?:do not|don'?t|could not|couldn'?t|cannot|can'?t|did not|didn'?t) (?:have|find|see|know|tell|answer|confirm|say|help)\\b
        (?:i|we) have no (?:information|data|details|answer)\\b
        (?:the|our|my|these|this) (?:\\w+ )?(?:passages?|documents?|articles?|sources?|context|knowledge base) (?:do|does)(?:n'?t| not)\\b
        i'?m (?:an?|the|your) (?:\\w+ )?(?:assistant|bot|ai)\\b
        i(?:'?m| am) not (?:sure|able|certain)\\b
    """,
    "es": """
        (?:hola|buenos días|buenas tardes|buenas noches|bienvenid[oa]s?)(?: [^,.!]{1,40})?[.!,]*$
        (?:muchas )?gracias(?: por\\b.*)?[.!,]*$|de nada\\b|con mucho gusto\\b|un momento\\b
        (?:lo siento|siento|lamento|lamentamos|sentimos|disculpe|perdone)\\b(?! pero)
        (?:por favor, ?)?(?:no dud[ea]s?|avís(?:ame|eme|anos|enos)|háznoslo|háganos|ponte en|póngase en|si necesita)\\b
        esper(?:o|amos)\\b|(?:puedo|podemos) ayudar|estoy aquí|estaré encantad|[^.!?]{0,80}:$
        (?:lamentablemente )?no (?:tengo|encuentro|encontré|dispongo|sé|puedo (?:decir|confirmar|ayudar|responder))\\b
    """,
    "de": """
        (?:hallo|guten tag|guten morgen|guten abend|willkommen)(?: [^,.!]{1,40})?[.!,]*$
        (?:vielen |herzlichen )?dank(?:e)?(?: (?:für|fürs)\\b.*)?[.!,]*$|gern(?:e)? geschehen\\b|einen moment\\b
        (?:es )?tut (?:mir|uns) (?:sehr )?leid(?:, dass sie)?\\b|(?:ich|wir) entschuldigen?\\b
        (?:melden sie sich|melde dich|lassen sie (?:mich|uns)|zögern sie|schreiben sie (?:mir|uns))\\b
        (?:ich|wir) hoffen?\\b|(?:gerne? )?(?:helfe ich|helfen wir|kann ich ihnen helfen)|(?:ich|wir) helfen?\\b|[^.!?]{0,80}:$
        (?:leider )?(?:ich|wir)? ?(?:habe|haben|finde|finden|kann|können|weiß)(?: ich| wir)? (?:dazu |hierzu |leider |es )?(?:keine?|nicht)\\b
    """,
}
_OFFER = {
    "en": re.compile(
        r"\b(?:help|assist|book|reserv\w+|else|any other|any more|anymore|would you like|do you (?:want|need))\b",
        re.IGNORECASE,
    ),
    "es": re.compile(r"\b(?:ayud\w+|más|otra cosa|quiere|desea|quieres|deseas)\b", re.IGNORECASE),
    "de": re.compile(r"\b(?:helfen|noch etwas|weitere|möchten|wünschen|sonst)\b", re.IGNORECASE),
}
_ASKS = re.compile(r"[?？][\"'”’“»)*_\s]*$")
_PRESUMES = re.compile(r"did you know|sabías que|sabía usted|wusstest du|wussten sie", re.IGNORECASE)
_LEAD = re.compile(r"[\s\"'“„«¿¡(*_\-–•]*")
_LONGEST = 30
"""Words from which a sentence says more than its polite opening (a guess)."""


def _pattern(lists: dict[str, str], language: str) -> "re.Pattern[str]":
    lines = [line.strip() for line in lists[language].strip().splitlines()]
    return re.compile("|".join(lines), re.IGNORECASE)


_TALKING = {language: _pattern(_TALK, language) for language in _TALK}
_BARE = {language: _pattern(_OPENINGS, language) for language in _OPENINGS}
_OPENING = {
    language: re.compile(rf"(?:{_BARE[language].pattern})(?:[,!.;:–-]+| but\b)\s*", re.IGNORECASE)
    for language in _OPENINGS
}


def is_talk(sentence: str, language: str) -> bool:
    """Whether a sentence states nothing that can be checked; what carries an amount always does."""
    lead = _LEAD.match(sentence)
    start = lead.end() if lead else 0
    if not any(character.isalnum() for character in sentence):
        return True
    if _ASKS.search(sentence):
        return _PRESUMES.match(sentence, start) is None
    if language not in _TALKING:
        language = "en"
    if _is_polite(sentence[start:].replace("’", "'").rstrip(), language):
        return not quantities(sentence, language)
    return False


def asks_something(sentence: str, language: str) -> bool:
    """Whether a sentence is a question other than an offer of help."""
    if not _ASKS.search(sentence):
        return False
    return _OFFER.get(language, _OFFER["en"]).search(sentence.replace("’", "'")) is None


def _is_polite(words: str, language: str) -> bool:
    if len(words.split()) > _LONGEST:
        return False
    opening = _OPENING[language].match(words)
    if opening:
        rest = words[opening.end() :]
        return not any(character.isalnum() for character in rest) or _is_polite(rest, language)
    bare = _BARE[language].fullmatch(words.rstrip(".!,"))
    return bare is not None or _TALKING[language].match(words) is not None
