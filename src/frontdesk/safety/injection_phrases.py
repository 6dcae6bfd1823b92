"""The phrases of injected instructions, as rules over a folded surface: lower case, no accents, plain Latin.

In a template a space stands for one to six characters that are no letters or digits, and `~n` for up to n words
in between. Weights are ours: 0.9 for what no customer says, 0.3 to 0.45 for what some do. They were set on phrases of
published attack collections and on the service's own everyday sentences, which must not fire.
"""

import re
from dataclasses import dataclass

_GAP = r"[^a-z0-9]{1,6}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    name: str
    weight: float
    pattern: re.Pattern[str]
    squeezed: re.Pattern[str] | None
    """The same phrase with everything but letters and digits left out; None where it has no words."""
    needs: tuple[frozenset[str], ...] = ()
    """The pattern is only tried where the text has a word of each of these sets."""
    hints: tuple[str, ...] = ()
    """The pattern is only tried where the text contains one of these; empty: always."""

    def is_hinted(self, text: str) -> bool:
        return not self.hints or any(hint in text for hint in self.hints)


def _rule(name: str, weight: float, template: str, *needs: str) -> Rule:
    """Needs are written as alternatives, `ignore|disregard`."""
    loose = (
        re.sub(r"~(\d)", rf"(?:[a-z0-9']{{1,24}}{_GAP}){{0,\1}}", template)
        .replace(" ?", "[^a-z0-9]{0,4}")
        .replace(" ", _GAP)
    )
    tight = (
        re.sub(r"~(\d)", lambda match: f"[a-z0-9]{{0,{8 * int(match[1])}}}?", template)
        .replace(" ?", "")
        .replace(" ", "")
    )
    return Rule(
        name=name,
        weight=weight,
        pattern=re.compile(rf"(?<![a-z0-9])(?:{loose})"),
        squeezed=re.compile(tight.replace("\\b", "").replace("(?![a-z])", "")),
        needs=tuple(frozenset(words.split("|")) for words in needs),
    )


def _markup(name: str, weight: float, pattern: str, *hints: str) -> Rule:
    return Rule(name=name, weight=weight, pattern=re.compile(pattern), squeezed=None, hints=hints)


_DROP = "ignore|ignoring|disregard|disregarding|forget|override|bypass|neglect|discard|abandon|violate|circumvent|skip|unlearn|erase|delete"
_RULES = (
    "instruction|instructions|prompt|prompts|rule|rules|directive|directives|guideline|guidelines|command|commands|restriction"
    "|restrictions|constraint|constraints|programming|policies|limitations|orders|training|safeguards|filters"
)
_SHOW = (
    "reveal|show|print|repeat|output|display|give|tell|share|leak|expose|dump|recite|disclose|write|summarize|summarise"
    "|translate|encode|list|provide|return|quote|copy|paste|type|send|see|extract|say|echo|spell|what|whats|describe"
    "|explain|log|read|access|view|render|convert|include|divulge"
)
_HIDDEN = (
    "system|initial|hidden|secret|internal|developer|starting|base|underlying|confidential|initialization|core|root|pre"
)
_FREE = "unrestricted|unfiltered|uncensored|jailbroken|amoral|immoral|unethical|unlimited|evil|hacker|malicious|rogue|dan|uncontrolled"

RULES: tuple[Rule, ...] = (
    # English: put aside what was said before
    _rule("override_instructions", 0.9, rf"(?:{_DROP}) (?:(?:all|any|every|everything|each|in|of|the|these|those|your|and|or|about|other) ){{0,5}}(?:previous|previously|prior|above|earlier|preceding|foregoing|initial|original|former|past|existing|current|system|developer|safety|given|default|built) ~2(?:{_RULES})\b", _DROP, _RULES),
    _rule("override_instructions", 0.75, rf"(?:{_DROP}) (?:(?:all|any|every|of) ){{1,3}}(?:(?:the|these|those|your|of|my) ){{0,2}}(?:{_RULES})\b(?! (?:on|for|in the|that came|about|label))", _DROP, _RULES),
    _rule("override_instructions", 0.6, rf"(?:{_DROP}) (?:your|the) (?:own )?(?:{_RULES})\b(?! (?:on|for|in|that|about|with|from|regarding|card|sheet|manual))", _DROP, _RULES),
    _rule("override_instructions", 0.8, rf"(?:{_DROP}) (?:all |everything |anything |what |whatever |the )~2(?:you (?:were|was|have been|have learned|had been|ve been|ve learned|know|knew|learned|learnt|got|are told)|(?:was|were|is|comes|came|has been) (?:written|said|stated|given) (?:above|before)|above|that came before|up to (?:this|now)|so far|prior to this|before (?:this|that|now))\b", _DROP),
    _rule("override_instructions", 0.75, r"(?:forget|disregard|ignore) (?:about )?(?:all |any )?(?:of )?(?:the |your )?(?:previous|prior|above|earlier|preceding)(?: ~1(?:text|context|conversation|information|input|inputs|content|chat|tasks?|statements?|assignments?|dialogue))\b", "forget|disregard|ignore", "previous|prior|above|earlier|preceding"),
    _rule("override_instructions", 0.7, rf"(?:do not|don t|dont|stop|never|no longer|cease|refuse to|without) (?:to )?(?:follow|following|obey|obeying|listen to|listening to|adhere to|comply with|complying with|abide by|respect|respecting|apply) ~2(?:previous|prior|above|earlier|system|original|initial|safety|openai|any|all) ~5(?:{_RULES}|information|messages?|text)\b", "follow|following|obey|obeying|listen|listening|adhere|comply|complying|abide|respect|respecting|apply"),
    _rule("override_instructions", 0.45, rf"(?:do not|don t|dont|stop|no longer) (?:follow|following|obey|obeying|listen to) (?:your|the|these|those) ~1(?:{_RULES})\b", "follow|following|obey|obeying|listen", _RULES),
    _rule("override_instructions", 0.4, r"(?:forget|disregard) (?:everything|all|anything)\b", "forget|disregard", "everything|all|anything"),
    _rule("override_instructions", 0.6, rf"(?:pretend|act like|act as if|imagine|suppose) ~3(?:forgotten|forgot|no|never had|never given) ~3(?:{_RULES})\b", "pretend|act|imagine|suppose", _RULES),
    _rule("new_instructions", 0.6, r"(?:here are |these are |follow |execute |your )?(?:your |the |my )?(?:new|updated|real|actual|true) (?:system )?(?:instructions?|directives?|rules|orders|prompt|task|objective|goal|role|mission)(?: (?:is|are))?\s{0,2}:", "new|updated|real|actual|true"),
    _rule("new_instructions", 0.7, r"from (?:now|this (?:point|moment)|here) (?:on|onwards?|forward|forth|and on) ~1you (?:are|re|act|respond|answer|speak|must (?:answer|respond|act|obey|only|never)|will (?:be|act|answer|respond|speak|obey|only|have to|also|now)|shall|can (?:do|say)|have no|should (?:act|answer|respond|only))\b", "now|this|here"),
    _rule("new_instructions", 0.6, r"(?:from now on|now|instead|for the rest of this conversation) ~1(?:answer|respond|reply|speak|say|act|behave) ~1(?:as|like|only (?:with|in)|with only)\b", "answer|respond|reply|speak|say|act|behave"),
    _rule("new_instructions", 0.75, r"(?:instead|rather),? ~2(?:print|output|say|respond with|reply with|write|do the following|execute|return) (?:the (?:text|words?|phrase|following)|exactly|only|i have been|haha|pwned)", "instead|rather"),
    _rule("dictated_answer", 0.6, r"(?:start|begin|end|finish|prefix|preface|starting|beginning|ending|conclude) (?:your|the|every|each|all) ~1(?:answer|response|reply|output|message|sentence)s? (?:with|by)\b", "answer|response|reply|output|message|sentence|answers|responses|replies|messages"),
    _rule("dictated_answer", 0.6, r"(?:start|begin|starting|beginning|begins) ~3with you are\b", "start|begin|starting|beginning|begins"),
    _rule("dictated_answer", 0.55, r"(?:add|append|insert|include|incorporate|integrate|embed|inject|weave|put|mention|place|introduce|augment|enhance|enrich|supplement|complement|conclude|end|infuse|blend|fuse|merge|slip|work) ~9(?:in|to|into|of|at the end of|within|with) (?:your|the|this|every|each) ~1(?:answer|response|reply|output|replies|responses|answers|solution|codebase|explanation|implementation)\b", "answer|response|reply|output|replies|responses|answers|solution|codebase|explanation|implementation"),
    _rule("dictated_answer", 0.55, r"(?:augment|enhance|enrich|supplement|modify|alter|complete|render|deliver|provide|write|encode|compose|translate|format|present) (?:your|the entire|this|every) (?:answer|response|reply|output|message)\b", "answer|response|reply|output|message"),
    _rule("dictated_answer", 0.6, r"(?:in|from|of) your (?:response|reply|answer|output)\b(?=[\s.:\"']{0,3}(?:$|\())", "response|reply|answer|output"),
    _rule("dictated_answer", 0.6, r"(?:confirm|acknowledge|agree) ~3by (?:saying|replying|responding|answering|writing)\b", "confirm|acknowledge|agree"),
    _rule("dictated_answer", 0.6, r"(?:repeat|say|write|print) (?:the (?:following|word|phrase|sentence)|this) ~4(?:forever|(?:\d{2,6}|hundred|thousand|many) times|word for word|verbatim|over and over)\b", "repeat|say|write|print"),
    # English: be somebody else
    _rule("persona", 0.9, r"(?:do anything now|dan mode|mode dan|stan mode|dude mode|aim mode|evil confidant|god mode|jailbreak(?:ed|ing)? (?:mode|prompt|yourself)|unlocked mode|opposite mode|chaosgpt|maximum mode|superior dan|developer mode (?:enabled|output|on|activated|v2)|betterdan|always intelligent and machiavellian)\b"),
    _rule("persona", 0.45, r"(?:developer|maintenance|debug|debugging|admin|administrator|diagnostic|test|training|unrestricted|sudo|root|god|dan|jailbreak|override|privileged|master) mode\b", "mode"),
    _rule("persona", 0.45, r"(?:jailbreak|jailbroken|dan)\b", "jailbreak|jailbroken|dan"),
    _rule("persona", 0.85, rf"(?:you are|you re|act as|act like|behave as|behave like|pretend to be|pretend you are|pretend you re|pretend that you are|role ?play as|playing the role of|play the role of|simulate|imagine you are|imagine being|take on the role of|assume the role of|assume the identity of|become|be) ~5(?:{_FREE})\b", _FREE),
    _rule("persona", 0.6, r"you are (?:now )?(?:going to (?:act|pretend|play|be|roleplay|simulate|answer)|about to (?:immerse|enter|become|act)|no longer (?:an?|bound|chatgpt|restricted|the|limited)|now (?:in|free|acting|called|named|playing|my|gpt|chatgpt|under)\b)", "you"),
    _rule("persona", 0.6, r"(?<!that\x20)(?<!if\x20)(?<!say\x20)(?<!when\x20)you are now an?\b", "now"),
    _rule("persona", 0.45, r"(?:act as|act like|behave as|behave like|pretend to be|pretend (?:that )?you (?:are|re)|role ?play(?:ing)? as|play(?:ing)? the role of|imagine you are|take on the (?:role|persona) of|assume the (?:role|identity|persona) of|i want you to (?:act|pretend|play|be|roleplay|simulate)|you will (?:act|play|roleplay|pretend|be acting|now be|be playing|impersonate)|you should act)\b", "act|behave|pretend|roleplay|roleplaying|role|play|playing|imagine|take|assume"),
    _rule("persona", 0.5, r"(?:stay|remain|keep) in character|(?:break|out of) character|character simulator|two (?:different|separate) (?:responses|answers)\b|(?:immerse|immersing) yourself into the role", "character|two|immerse|immersing"),
    _rule("persona", 0.6, r"(?:fictional|hypothetical|imaginary) ~2(?:character|scenario|story|world|ai|chatbot|assistant) ~9(?:no|without|any|never|all|unlimited) ~4(?:ethic|moral|rule|restrict|law|limit|filter|guideline|request|question)", "fictional|hypothetical|imaginary"),
    _rule("no_limits", 0.7, r"(?:without|no|free (?:from|of)|not bound by|not limited by|does not have|doesn t have|not have|ignore|ignores|ignoring|bypass|bypassing|disable|remove|removed|turn off|broken free (?:of|from)|not restricted by|lift|lifted|exempt from|unbound by|evade|not have to (?:abide|follow)|regardless of) ~3(?:content (?:policy|policies|filters?)|censorship|moral(?:s|ity)?|ethics|ethical ~2(?:guidelines|constraints|rules|standards|concerns|boundaries)|safety (?:guidelines|filters?|rules|protocols|measures)|openai|moderation|confines of ai|typical ai|rules imposed)\b", "content|censorship|morals|moral|morality|ethics|ethical|safety|openai|moderation|confines|typical|rules"),
    _rule("no_limits", 0.45, r"(?:without|no|free (?:from|of)|not bound by|not limited by|does not have|doesn t have|not have|ignore|ignores|ignoring|bypass|bypassing|disable|remove|removed|turn off|broken free (?:of|from)|not restricted by|lift|lifted|exempt from|unbound by|evade|not have to (?:abide|follow)|regardless of) ~3(?:restrictions?|content (?:policy|policies|filters?)|filters?|censorship|limitations|moral(?:s|ity)?|ethics|ethical ~2(?:guidelines|constraints|rules|standards|concerns|boundaries)|safety (?:guidelines|filters?|rules|protocols|measures)|openai|moderation|confines of ai|typical ai|rules imposed|disclaimers|warnings)\b", "restriction|restrictions|content|filter|filters|censorship|limitations|morals|moral|morality|ethics|ethical|safety|openai|moderation|confines|typical|rules|disclaimers|warnings"),
    _rule("no_limits", 0.6, r"(?:you|it|he|she|dan|who) (?:must|can|will|may|should|shall|cannot|can t) (?:never|not|always)? ?~1(?:refuse to (?:answer|respond|reply|obey|comply)|say (?:that )?you can t|(?:answer|respond to|comply with|obey) (?:any|every|all) |do anything)\b", "answer|respond|reply|obey|comply|say|anything"),
    _rule("no_limits", 0.45, r"(?:you|it|he|she|dan|who) ~1(?:cannot|can t|never|not|won t) ~1(?:refuse|refuses|decline|declines|say no|apologi[sz]e)\b", "refuse|refuses|decline|declines|say|apologize|apologise"),
    _rule("no_limits", 0.4, r"(?:nsfw|illegal|unethical|immoral|offensive|harmful|explicit|inappropriate|swearing|profanity|violent|hateful) ~5(?:is allowed|are allowed|allowed|permitted|content|acts|activities|requests|responses)\b", "nsfw|illegal|unethical|immoral|offensive|harmful|explicit|inappropriate|swearing|profanity|violent|hateful"),
    _rule("no_limits", 0.5, r"(?:openai (?:policy|policies|guidelines|s)|chatgpt (?:with|mode|response)|as an ai language model)\b", "ai|language|openai|chatgpt"),
    # English: what were you told
    _rule("extract_prompt", 0.85, rf"(?:{_SHOW}) ~6(?:{_HIDDEN}) ~2(?:prompts?|messages?|instructions?|directives?|configuration|config|programming|string|guidelines|rules|settings|context|parameters)\b(?! (?:for|on|about|of the))", _SHOW, _HIDDEN),
    _rule("extract_prompt", 0.75, r"(?:system|initial|hidden|secret|developer|original|pre|base|meta|first) ?(?:prompt|prompts)\b|systemprompt|prompt injection|initiali[sz]ation (?:prompt|string|message|instructions)|pre prompt", "prompt|prompts|systemprompt|initialization|initialisation|preprompt"),
    _rule("extract_prompt", 0.7, r"system (?:instructions?|message)\b(?! on| from)", "system"),
    _rule("extract_prompt", 0.7, rf"(?:{_SHOW}|what are|what were|what is|what s) ~4(?:original|previous|prior|preceding|above|first|starting|opening|verbatim|foundational|operational|operating) ~2(?:prompts?|instructions?|directives|programming|guidelines)\b(?! (?:for|on|about|of the|regarding|to (?:return|assemble|use|wash|clean|set)))", _SHOW, "prompt|prompts|instruction|instructions|directives|programming|guidelines"),
    _rule("extract_prompt", 0.7, r"(?:repeat|print|output|reveal|leak|dump|recite|disclose|expose|echo|paste|copy|divulge|translate|encode|spell|summari[sz]e|display|export|write out|render|log|type|rephrase|paraphrase) ~3your ~2(?:prompts?|instructions?|directives|programming|guidelines|rules|configuration|guardrails|settings|context)\b(?! (?:for|on|about|regarding))", "your"),
    _rule("extract_prompt", 0.4, r"(?:tell me|show me|give me|list|share|what are|what s|what were|explain|describe) ~2your ~1(?:prompts?|instructions?|directives|programming|guardrails|rules|guidelines)\b(?! (?:for|on|about|regarding|to|when|if|concerning|in case))", "your", "prompt|prompts|instruction|instructions|directives|programming|guardrails|rules|guidelines"),
    _rule("extract_prompt", 0.7, r"(?:repeat|print|output|translate|reveal|encode|show|summari[sz]e|copy|spell|write|return|echo|convert|type|paste|reproduce|quote|recite|send) ~4(?:words?|text|everything|messages?|conversation|paragraphs?|sentences?|lines?|content|instructions?|document|all) (?:that (?:came|comes|appear|appears) )?(?:above|before this|preceding this|prior to this|you were given|back to me|in this conversation|so far|that precedes?)\b", "above|before|preceding|prior|given|back|conversation|far|precede|precedes", "repeat|print|output|translate|reveal|encode|show|summarize|summarise|copy|spell|write|return|echo|convert|type|paste|reproduce|quote|recite|send"),
    _rule("extract_prompt", 0.65, r"(?:repeat|print|output|reproduce|recite|translate|encode|summari[sz]e) ~2the (?:above|preceding|previous|prior)(?: ~1(?:text|words|message|conversation|prompt|paragraph|content|instructions))?\b", "above|preceding|previous|prior", "repeat|print|output|reproduce|recite|translate|encode|summarize|summarise"),
    _rule("extract_prompt", 0.7, r"(?:instructions?|text|prompt|rules|guidelines|message|content) ~4(?:you were given|given to you)\b|(?:what|which|how|everything|instructions?|information|text|prompt|rules|guidelines|message|content) ~4(?:you (?:were|was|have been|are|ve been) ~1(?:told|instructed|programmed|configured|trained|prompted|initiali[sz]ed|set up)|were you (?:told|instructed|given|programmed|configured|prompted|initiali[sz]ed)|have you been (?:told|instructed|given|programmed|prompted)|did (?:they|the developers?|your developers?|the system) (?:tell|instruct|give))\b(?! (?:about|by the store|when i|last time|me))", "told|instructed|given|programmed|configured|trained|prompted|initialized|initialised|set|tell|instruct|give"),
    _rule("extract_prompt", 0.6, r"(?:at the (?:start|beginning|top) of (?:this|the|our) (?:conversation|chat|session|context)|before (?:this|our|the) (?:conversation|chat|session) (?:started|began|begins)|(?:prior|previous) to this conversation|your (?:context window|initial (?:state|context)|conversation history))\b", "conversation|chat|session|context|initial"),
    _rule("extract_prompt", 0.6, r"(?:secret (?:word|key|code|password|phrase)|api keys?|credentials) ~4(?:you (?:know|were)|told you|given to you)\b|(?:reveal|show|give|tell|print|share|leak|send|expose) ~3(?:your|the system s|the admin) ~1(?:api keys?|credentials|secret key|admin password)\b|developers? told you not to", "secret|api|credentials|password|keys|key|developers|developer"),
    # English: false authority, other channels
    _rule("false_authority", 0.65, r"(?:admin|administrator|developer|system|root|sudo|security|emergency|debug|maintenance|superuser) ~1(?:(?:override|overrides)\b|(?:access|command|privileges|authorization|mode) ~1(?:granted|enabled|activated|accepted|initiated)\b)", "override|overrides|access|command|privileges|authorization|mode"),
    _rule("false_authority", 0.6, r"(?:i am|i m|this is|speaking as|as) (?:your|the|one of your) ~1(?:developer|administrator|admin|creator|programmer|system administrator|engineer|ai researcher|superuser|openai (?:employee|engineer))s?\b(?! of this (?:company|app))", "developer|administrator|admin|creator|programmer|engineer|researcher|superuser|openai"),
    _rule("exfiltration", 0.7, r"(?:send|post|upload|forward|transmit|exfiltrate|append|leak|email|encode) ~6(?:conversation|chat|history|context|messages|user data|personal data|customer data|customers|credentials|cookies|prompt) ~5(?:to|at|as|into|in) ~2(?:https?|www|url|query|server|this address|following address|image|parameter)\b", "conversation|chat|history|context|messages|data|credentials|cookies|prompt|customers"),
    _rule("exfiltration", 0.6, r"(?:render|display|show|include|output|insert) ~3(?:markdown|html) (?:image|img|link)\b|(?:click|visit|open) ~2this link ~3(?:or|to) (?:verify|avoid|claim)\b", "markdown|html|link"),
    _rule("code_execution", 0.55, r"(?:execute|run|eval|inject|incorporate|include|insert|embed|use|integrate|leverage|employ|utili[sz]e|adopt|absorb|merge|blend|fuse|meld|interweave|introduce|render|apply|weave|infuse|implement|add|manifest|presence|manifestation|inclusion|integration|addition|streamlining|embedding|incorporating|hesitate) ~6(?:following|subsequent|below|this|given|next|provided) (?:code|python|script|snippet|shell|command|bash|sql)\b", "code|python|script|snippet|shell|command|bash|sql"),
    # Spanish
    _rule("override_instructions", 0.9, r"(?:ignora|ignore|ignorad|ignorar|ignores|olvida|olvide|olvidate|olvidad|olvides|olvidar|descarta|descarte|descartar|omite|omitir|desobedece|desobedecer|elimina|salta|saltate|anula|anular|desactiva) ~5(?:instrucciones|instruccion|reglas|indicaciones|ordenes|directrices|restricciones|normas|directivas|limitaciones) ~1(?:anteriores|anterior|previas|previa|precedentes|iniciales|originales|de arriba|del sistema|de sistema|de seguridad|que (?:te|has|tienes|recibiste))\b", "instrucciones|instruccion|reglas|indicaciones|ordenes|directrices|restricciones|normas|directivas|limitaciones"),
    _rule("override_instructions", 0.75, r"(?:ignora|ignore|ignorad|olvida|olvide|olvidate|olvidad|descarta|desobedece|salta|saltate|anula|desactiva) (?:de )?(?:todas? )?(?:tus|las anteriores|todas las|tus anteriores|las previas) ~1(?:instrucciones|reglas|indicaciones|ordenes|directrices|restricciones|normas|directivas|limitaciones|filtros)\b", "instrucciones|reglas|indicaciones|ordenes|directrices|restricciones|normas|directivas|limitaciones|filtros"),
    _rule("override_instructions", 0.7, r"(?:olvida|olvide|olvidate de|ignora|ignore) (?:todo )?lo (?:anterior|que te (?:han|he|dijeron|dije)|que (?:sabes|pone arriba))\b", "anterior|sabes|te|arriba"),
    _rule("extract_prompt", 0.8, r"(?:muestra|muestrame|mostrar|revela|revelame|repite|repiteme|dime|imprime|ensena|ensename|escribe|cual|cuales|dame|copia|traduce|lista|comparte|que (?:dice|dicen)) ~5(?:prompt|systemprompt|(?:instrucciones|instruccion|mensaje|reglas|indicaciones) ~1(?:del sistema|de sistema|iniciales|inicial|ocultas|secretas|internas|originales|confidenciales|que (?:te dieron|te han dado|recibiste)))\b", "prompt|systemprompt|instrucciones|instruccion|mensaje|reglas|indicaciones"),
    _rule("extract_prompt", 0.65, r"(?:repite|revela|imprime|muestrame|traduce|copia) ~1(?:tus|todas tus) (?:instrucciones|reglas|indicaciones)\b", "tus"),
    _rule("new_instructions", 0.65, r"(?:a partir de|desde) (?:ahora|este momento) ~1(?:eres|seras|actua|actuas|actuaras|responde|responderas|te llamas|te comportas|debes|haras|no tienes|puedes hacer)\b", "ahora|momento"),
    _rule("new_instructions", 0.6, r"(?:nuevas?|verdaderas?) (?:instrucciones|instruccion|ordenes|reglas)(?: son)?\s{0,2}:", "instrucciones|instruccion|ordenes|reglas"),
    _rule("persona", 0.6, r"(?:actua como|comportate como|finge (?:ser|que eres)|hazte pasar por|simula (?:ser|que eres)|imagina que eres|interpreta el papel de|juega el papel de|eres ahora|ahora eres|quiero que (?:actues|seas|finjas))\b", "actua|comportate|finge|hazte|simula|imagina|interpreta|juega|eres|actues|seas|finjas"),
    _rule("no_limits", 0.7, r"(?:sin|no tienes|libre de|modo) ~2(?:restricciones|censura|filtros|limites|reglas|normas eticas|limitaciones|desarrollador|dios|dan)\b", "restricciones|censura|filtros|limites|reglas|normas|limitaciones|desarrollador|dios|dan"),
    # German (accents are folded: ü reads as u)
    _rule("override_instructions", 0.9, r"(?:ignorier|ignoriere|ignorieren|ignoriert|vergiss|vergesse|vergessen|vergesst|missachte|missachten|verwirf|uberschreibe|uberschreiben|umgehe|umgehen|uberspringe|losche|verletze) (?:sie )?~4(?:vorherige|vorherigen|vorige|vorigen|bisherige|bisherigen|obige|obigen|fruhere|fruheren|vorangegangenen|vorangehenden|ursprunglichen|ursprungliche|anfanglichen|gegebenen|deine|deiner|ihre|all deine) ~2(?:anweisungen|anweisung|instruktionen|regeln|befehle|vorgaben|richtlinien|anleitungen|systemprompt|prompts?|einschrankungen|beschrankungen|programmierung|sicherheitsregeln|filter)\b", "anweisungen|anweisung|instruktionen|regeln|befehle|vorgaben|richtlinien|anleitungen|systemprompt|prompt|prompts|einschrankungen|beschrankungen|programmierung|sicherheitsregeln|filter"),
    _rule("override_instructions", 0.75, r"(?:ignoriere|ignorieren|vergiss|vergessen|missachte) (?:sie )?(?:alle|samtliche|jede|alles) ~1(?:anweisungen|instruktionen|regeln|befehle|vorgaben|richtlinien|was (?:du|sie|dir|ihnen)|bisherige|vorherige|davor|oben|zuvor)\b", "alle|samtliche|jede|alles"),
    _rule("override_instructions", 0.7, r"(?:befolge|folge|beachte|halte dich) ~2(?:keine|nicht mehr|nicht) ~3(?:anweisungen|instruktionen|regeln|vorgaben|richtlinien|befehle)\b", "anweisungen|instruktionen|regeln|vorgaben|richtlinien|befehle"),
    _rule("extract_prompt", 0.8, r"(?:zeig|zeige|gib|verrate|verrat|nenne|nenn|wiederhole|wiederhol|drucke|was|wie|schreibe|schreib|ubersetze|kopiere|sag|liste|offenbare|lies|teile|welche) ~5(?:systemprompt|system ?prompt|prompt|systemnachricht|systemanweisung|systemanweisungen|system anweisungen|systeminstruktionen|(?:ursprunglichen|ursprungliche|anfanglichen|internen|interne|geheimen|geheime|versteckten|initialen) ~1(?:anweisungen|instruktionen|regeln|prompts?|richtlinien|vorgaben))\b", "systemprompt|prompt|prompts|systemnachricht|systemanweisung|systemanweisungen|systeminstruktionen|anweisungen|instruktionen|regeln|richtlinien|vorgaben"),
    _rule("extract_prompt", 0.65, r"(?:wiederhole|verrate|zeige?|offenbare|drucke|ubersetze) ~2deine ~1(?:anweisungen|instruktionen|vorgaben|anleitung)\b", "deine"),
    _rule("extract_prompt", 0.65, r"(?:anweisungen|instruktionen|regeln|vorgaben|was) ~3(?:die )?(?:du|dir) ~2(?:bekommen|erhalten|gegeben|gesagt)(?: hast| worden| wurden| wurde)?\b", "bekommen|erhalten|gegeben|gesagt", "du|dir"),
    _rule("new_instructions", 0.65, r"(?:ab (?:jetzt|sofort|nun)|von nun an|von jetzt an) ~1(?:bist|agierst|antwortest|verhaltst|sprichst|heisst|musst|darfst|handelst|wirst|tust) (?:du|dich)\b", "jetzt|sofort|nun"),
    _rule("new_instructions", 0.6, r"(?:neue|echte|wahre|aktualisierte) (?:anweisungen?|instruktionen|regeln|aufgabe|befehle)(?: (?:lauten|sind|ist|lautet))?\s{0,2}:", "neue|echte|wahre|aktualisierte"),
    _rule("persona", 0.6, r"(?:tu so als|spiel(?:e)? die rolle|stell dir vor (?:du|dass du) (?:bist|warst)|verhalte dich wie|agiere als|gib dich als|du bist (?:jetzt|nun|ab jetzt|ab sofort) ~1(?:ein|eine|kein|im|frei|der|die)|handle als|schlupfe in die rolle)\b", "tu|spiel|spiele|stell|verhalte|agiere|gib|bist|handle|schlupfe"),
    _rule("no_limits", 0.7, r"(?:ohne|keine|keinerlei|frei von) ~2(?:einschrankungen|zensur|filter|moral|ethischen? ~1(?:regeln|grenzen|richtlinien)|beschrankungen|sicherheitsfilter)\b|entwicklermodus|wartungsmodus|administratormodus", "einschrankungen|zensur|filter|moral|ethische|ethischen|beschrankungen|sicherheitsfilter|entwicklermodus|wartungsmodus|administratormodus"),
    # French, Italian, Portuguese: the plain override and the plain extraction
    _rule("override_instructions", 0.9, r"(?:ignore|ignorez|oublie|oubliez|ne tiens pas compte de|negligez) ~4(?:instructions?|consignes|regles|directives) ~1(?:precedentes?|anterieures|initiales|ci dessus|du systeme)\b", "instructions|instruction|consignes|regles|directives"),
    _rule("override_instructions", 0.9, r"(?:ignora|ignorate|ignori|dimentica|dimenticate|scorda) ~4(?:istruzioni|regole|indicazioni|direttive) ~1(?:precedenti|iniziali|originali|sopra|di sistema|del sistema)\b|(?:ignora|dimentica) ~2(?:precedenti|tutte le) istruzioni\b", "istruzioni|regole|indicazioni|direttive"),
    _rule("override_instructions", 0.9, r"(?:ignore|ignora|esqueca|esquece|desconsidere) ~4(?:instrucoes|regras|orientacoes|diretrizes) ~1(?:anteriores|previas|iniciais|acima|do sistema)\b", "instrucoes|regras|orientacoes|diretrizes"),
    _rule("extract_prompt", 0.75, r"(?:montre|affiche|revele|repete|donne|mostra|mostrami|rivela|ripeti|dimmi|mostre|revele|repita|diga) ~5(?:prompt|instructions systeme|istruzioni (?:di sistema|iniziali)|instrucoes (?:do sistema|iniciais))\b", "prompt|instructions|istruzioni|instrucoes"),
    # Markup of conversations and tools
    _markup("forged_markup", 0.9, r"<\|? ?(?:im_start|im_end|endoftext|begin_of_text|eot_id|start_header_id|system|assistant|endofprompt) ?\|>|\[/?(?:inst|sys|system)\]|<</?sys>>|<start_of_turn>", "<|", "[inst", "[/inst", "[sys", "<<", "<start"),
    _markup("forged_markup", 0.75, r"</?(?:system|system_prompt|systemprompt|instructions?|tool_call|tool_result|tool_use|function_calls?|function_results?|admin|assistant|developer|prompt|context|user_input|documents?)(?: [^<>\n]{0,60})?/?>", "<"),
    _markup("forged_markup", 0.6, r"(?:^|\n)[ \t>*#-]{0,6}\[?(?:system|assistant|developer)(?: ?(?:prompt|message|note|override|instructions?|update|alert))?[\])]?[*]{0,2} ?:", "system", "assistant", "developer"),
    _markup("forged_markup", 0.7, r"(?<![-=*#])(?:#{2,4}|={3,40}|-{3,40}|\*{3,40}) ?(?:system ?(?:prompt|message|:)|instructions? ?:|new instructions?|response ?:|end of (?:prompt|instructions?|context|document|user input|input|text)|begin (?:system|new)|prompt)(?![a-z])", "##", "==", "--", "**"),
    _markup("forged_markup", 0.8, r"[\"']role[\"'] ?: ?[\"'](?:system|assistant|developer|tool)[\"']|[\"'](?:tool_calls?|function_call)[\"'] ?:", "role", "tool_call", "function_call"),
    _markup("forged_markup", 0.6, r"(?:console\.log|print|echo|printf|eval)\(? ?[\"']?\$?\{?(?:system_?prompt|instructions|initial_?prompt|prompt|config)|\b(?:select \*|cat) [^\n]{0,30}(?:system_?prompt|instructions)|system_prompt", "prompt", "instructions", "config"),
)  # fmt: skip
"""Rules of one name may fire together; the strongest counts."""
