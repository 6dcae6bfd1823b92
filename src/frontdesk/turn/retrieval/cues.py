# ruff: noqa: SIM905 - word lists read better as text
"""Words that tell a question leans on what was said before it, per language.

Lists are ours, from each language's closed word classes: pronouns and demonstratives that point back, and openings
that only make sense after another sentence.
"""

import re
from collections.abc import Mapping

POINTERS: Mapping[str, frozenset[str]] = {
    "en": frozenset(
        """
        it its itself they them their theirs that this those these there then one ones he she his him her hers same
        such either both neither else instead former latter
        """.split()
    ),
    "es": frozenset(
        """
        eso esa ese esos esas esto esta este estos estas ello ellos ellas él ella lo le les ahí allí entonces mismo
        misma mismos mismas ambos ambas aquello aquel aquella otro otra otros otras
        """.split()
    ),
    "de": frozenset(
        """
        das dies diese dieser dieses diesem diesen sie er ihn ihm ihnen deren dessen dort dahin davon dafür damit dazu
        daran darauf darüber dabei dagegen solche solcher solches beide beides dasselbe derselbe dieselbe sonst stattdessen
        """.split()
    ),
    "fr": frozenset(
        "cela ça ce celui celle ceux celles ceci il elle ils elles le la les lui leur y en là même autre autres".split()
    ),
    "it": frozenset(
        "questo questa questi queste quello quella quelli quelle esso essa essi lo li ne ci lì là stesso stessa".split()
    ),
    "pt": frozenset(
        "isso isto esse essa esses essas este esta estes estas ele ela eles elas aquilo lá aí mesmo mesma outro".split()
    ),
    "nl": frozenset(
        "dat dit die deze het hij zij ze hem haar hun daar daarvan daarvoor daarmee er zelfde ander".split()
    ),
}

_OPENINGS: Mapping[str, str] = {
    "en": "and|or|but|also|so|then|plus|what about|how about|what if|same|why not|how so|how come|what else|any other"
    "|anything else|which one|only|for",
    "es": "y|e|o|pero|también|entonces|además|qué tal|qué hay de|qué pasa con|lo mismo|cuál de|por qué no|solo|sólo|para",
    "de": "und|oder|aber|auch|dann|also|außerdem|was ist mit|wie ist es|wie sieht es|gilt das|warum nicht|nur|welche davon"
    "|für",
    "fr": "et|ou|mais|aussi|alors|donc|qu'en est-il|pareil|lequel|laquelle|pourquoi pas|seulement|pour",
    "it": "e|o|ma|anche|allora|quindi|che ne dici|lo stesso|quale di|perché no|solo|per",
    "pt": "e|ou|mas|também|então|e quanto|o mesmo|qual deles|por que não|só|para",
    "nl": "en|of|maar|ook|dan|dus|hoe zit het|en wat|hetzelfde|welke daarvan|waarom niet|alleen|voor",
}
_SOFTENERS: Mapping[str, str] = {
    "en": "ok|okay|yes|yeah|no|hm+|well|right|thanks|thank you|great|good|sure|sorry|i see",
    "es": "vale|ok|sí|si|no|bueno|bien|gracias|perfecto|claro|perdón",
    "de": "ok|okay|ja|nein|gut|danke|alles klar|super|ach so|entschuldigung",
    "fr": "ok|oui|non|bon|bien|merci|d'accord|super",
    "it": "ok|sì|no|bene|grazie|va bene",
    "pt": "ok|sim|não|bem|obrigado|obrigada|certo",
    "nl": "ok|ja|nee|goed|bedankt|dank je|prima",
}
OPENING: Mapping[str, re.Pattern[str]] = {
    language: re.compile(rf"\W*(?:(?:{_SOFTENERS[language]})\b\W*)*(?:{openings})\b", re.IGNORECASE)
    for language, openings in _OPENINGS.items()
}
