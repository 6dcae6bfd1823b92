"""Words that mean nearly the same, exclude one another, deny, or only speak about the speaker."""

from functools import lru_cache

from frontdesk.text.tokens import stem

# One meaning a line; the first word stands for all. Written for customer service, not for any one knowledge base.
_SAME = {
    "en": """
        allow permit accept welcome authorise authorize
        free complimentary gratis
        price cost fee charge rate tariff
        pay payment
        child kid children infant
        pet dog cat animal
        wifi internet wireless
        purchase buy bought
        refund reimburse reimbursement repay
        ship deliver delivery shipping shipment dispatch courier postage
        send mail post
        begin start commence
        end finish conclude
        cancel cancellation cancelled
        bicycle bike
        phone telephone call ring
        email e-mail
        car vehicle auto
        takeaway takeout
        booking reservation reserve book
        order purchase-order
        accessible accessibility access disabled disability wheelchair handicap
        vegetarian veggie vegan
        lunch dinner breakfast meal
        gym fitness workout
        clothes clothing apparel garment
        defective faulty broken damaged
        exchange swap replace replacement
        receipt invoice bill
        parcel package
        item product article
        customer client
        staff employee team
        help assist assistance support
        near nearby close
        big large
        quick fast rapid
        discount reduction rebate
        choose select pick
        get receive obtain
        check verify confirm
        change modify amend alter
        create open register
        password passcode
        account profile
        photo picture image
        store shop
        need require must required necessary
        show display
        contact reach
        luggage baggage
        laundry washing
        tv television
        guest visitor
        children-friendly kid-friendly
        movie film
    """,
    "es": """
        precio coste costo tarifa cargo
        gratis gratuito
        pagar pago
        envío entrega reparto enviar entregar
        devolver devolución
        reembolso reembolsar
        comprar compra adquirir
        cancelar cancelación anular
        tienda comercio
        artículo producto
        paquete pedido
        permitir admitir aceptar
        cambiar cambio modificar
        ayuda asistencia soporte
    """,
    "de": """
        preis kosten gebühr
        kostenlos gratis kostenfrei
        zahlen bezahlen zahlung
        lieferung versand zustellung liefern versenden
        rückgabe rücksendung zurückgeben zurücksenden retoure
        erstattung rückerstattung erstatten
        kaufen kauf erwerben
        stornieren stornierung storno
        geschäft laden filiale
        artikel produkt ware
        paket sendung
        erlauben gestatten akzeptieren
        ändern änderung
        hilfe unterstützung
    """,
}
# Words of two sides that cannot both be true of one thing; sides parted by a bar.
_OPPOSED = {
    "en": """
        free gratis | fee cost charge charged paid extra surcharge
        before | after
        include included | exclude excluded except
        open | close closed
        allowed permitted accepted | prohibited forbidden banned refused
        available | unavailable
        required mandatory compulsory | optional voluntary
        first | last
        indoor indoors inside | outdoor outdoors outside
        minimum least | maximum most
        increase higher | decrease lower
        new unused unworn | used worn
        early earlier earliest | late later latest
        online | offline
        weekday weekdays | weekend weekends
        morning | evening afternoon
        same | different
        full fully | partial partially
        add added | remove removed
        enable enabled | disable disabled
        accept | decline reject
        hot warm | cold
        left | right
        import | export
        more | less fewer
        always | never
    """,
    "es": """
        gratis gratuito | coste tarifa cargo pago
        antes | después
        incluido incluye | excluido excluye
        abierto abre | cerrado cierra
        permitido | prohibido
        disponible | agotado
        obligatorio | opcional
        mínimo | máximo
    """,
    "de": """
        kostenlos gratis kostenfrei | gebühr kostenpflichtig aufpreis
        vor | nach
        inklusive enthalten | exklusive ausgeschlossen
        geöffnet offen | geschlossen
        erlaubt gestattet | verboten untersagt
        verfügbar | ausverkauft
        verpflichtend erforderlich | optional freiwillig
        mindestens | höchstens maximal
    """,
}
_DENIALS = {
    "en": "not no never none neither nor cannot without unable nobody nothing nowhere hardly",
    "es": "no nunca jamás sin ningún ninguna ninguno ninguna tampoco nada nadie",
    "de": "nicht kein keine keinem keinen keiner keines nie niemals ohne weder nirgends niemand nichts",
    "fr": "ne pas jamais aucun aucune sans ni rien",
    "it": "non mai nessun nessuno nessuna senza né niente",
    "pt": "não nunca jamais sem nem nenhum nenhuma nada",
    "nl": "niet geen nooit zonder noch niets niemand",
}
_YES = {
    "en": "yes yeah yep sure certainly absolutely",
    "es": "sí si claro",
    "de": "ja jawohl doch",
    "fr": "oui",
    "it": "sì",
}
_NO = {
    "en": "no nope sorry unfortunately",
    "es": "no",
    "de": "nein leider",
    "fr": "non",
    "it": "no",
    "pt": "não",
    "nl": "nee",
}
# Pairs in which a word of denial denies nothing: "not only", "no later than", "no charge" (that is: free).
_NOT_DENYING = {
    "en": "not only|not just|no later|no more|no less|no fewer|no problem|no worries|no matter|no charge|no cost|no fee"
    "|no extra|no additional|no. |no fees|no charges|without charge|without cost|not least",
    "es": "no solo|no sólo|sin coste|sin costo|sin cargo|sin gastos|no más|no menos",
    "de": "nicht nur|ohne aufpreis|ohne kosten|ohne gebühr|keine kosten|keine gebühren|nicht mehr als|nicht später",
}
_FOR_FREE = {
    "en": ("free", "without charge|without cost|no charge|no cost|no fee"),
    "es": ("gratis", "sin coste|sin costo|sin cargo|sin gastos"),
    "de": ("kostenlos", "ohne aufpreis|ohne kosten|ohne gebühr|keine kosten|keine gebühren"),
}
"""Two words that say what one says."""
_LIMITS = {
    "en": "only unless until except just but however otherwise forget",
    "es": "solo sólo solamente únicamente salvo excepto hasta pero olvide olvides",
    "de": "nur außer bis lediglich ausschließlich aber sondern vergessen",
}
_SPEAKER = {
    "en": "i i'm i've i'd i'll me my mine think guess believe feel hope wonder love like favorite favourite wow haha lol"
    " really cool amazing awesome interesting maybe probably hmm hello hi thanks thank",
    "es": "yo creo pienso espero quizás gracias hola",
    "de": "ich glaube denke hoffe vielleicht danke hallo",
}


def denials(language: str) -> frozenset[str]:
    """Words that deny, in the language; those of English, Spanish and German for one without a list."""
    return _DENIAL_SETS.get(language, _DENIAL_SETS[""])


def yes_words(language: str) -> frozenset[str]:
    return _YES_SETS.get(language, _YES_SETS[""])


def no_words(language: str) -> frozenset[str]:
    return _NO_SETS.get(language, _NO_SETS[""])


def limiting_words(language: str) -> frozenset[str]:
    """Words that limit or turn what is said, so that a denial near them may deny nothing."""
    return _LIMIT_SETS.get(language, _LIMIT_SETS[""])


def speaker_words(language: str) -> frozenset[str]:
    """Words by which a speaker talks of themselves or of how they feel."""
    return _SPEAKER_SETS.get(language, _SPEAKER_SETS[""])


@lru_cache(maxsize=32)
def not_denying(language: str) -> frozenset[tuple[str, str]]:
    pairs = _NOT_DENYING.get(language, "")
    return frozenset(
        (first, second) for first, _, second in (pair.partition(" ") for pair in pairs.split("|")) if second
    )


@lru_cache(maxsize=32)
def for_free(language: str) -> tuple[str, frozenset[tuple[str, str]]]:
    """A word for what costs nothing, and the pairs of words that mean it."""
    word, pairs = _FOR_FREE.get(language, ("", ""))
    return word, frozenset((pair.split()[0], pair.split()[1]) for pair in pairs.split("|") if pair)


@lru_cache(maxsize=32)
def no_denials(language: str) -> frozenset[tuple[str, str]]:
    """Pairs whose first word denies nothing, as a claim is read: with the word for what is free in its place."""
    free, pairs = for_free(language)
    return not_denying(language) | {(first, free) for first, _ in pairs}


@lru_cache(maxsize=32)
def same_meaning(language: str) -> dict[str, str]:
    """Stem to the stem that stands for its group."""
    return {
        stem(word, language): stem(line.split()[0], language)
        for line in _SAME.get(language, "").strip().splitlines()
        for word in line.split()
    }


@lru_cache(maxsize=32)
def opposites(language: str) -> dict[str, frozenset[str]]:
    """Folded word to the words that exclude it."""
    found: dict[str, frozenset[str]] = {}
    for line in _OPPOSED.get(language, "").strip().splitlines():
        left, right = (frozenset(side.split()) for side in line.split("|"))
        for side, other in ((left, right), (right, left)):
            for word in side:
                found[word] = found.get(word, frozenset()) | other
    return found


def _sets(lists: dict[str, str]) -> dict[str, frozenset[str]]:
    """Words per language; under the empty key those of English, Spanish and German together."""
    sets = {language: frozenset(words.split()) for language, words in lists.items()}
    return sets | {"": sets["en"] | sets["es"] | sets["de"]}


_DENIAL_SETS = _sets(_DENIALS)
_YES_SETS = _sets(_YES)
_NO_SETS = _sets(_NO)
_LIMIT_SETS = _sets(_LIMITS)
_SPEAKER_SETS = _sets(_SPEAKER)
