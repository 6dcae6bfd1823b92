"""How long prompts are, per purpose."""

from frontdesk.adapters.telemetry import PrometheusTelemetry
from frontdesk.domain.usage import Purpose, Usage, VendorAttempt


def an_attempt(purpose: Purpose, tokens: int) -> VendorAttempt:
    return VendorAttempt(
        number=1,
        purpose=purpose,
        vendor="acme",
        model="large",
        reported_model="large",
        result="ok",
        first_token_ms=1.0,
        total_ms=2.0,
        usage=Usage(input_tokens=tokens),
        cost_usd=None,
    )


def test_every_request_with_known_tokens_counts_once_under_its_purpose() -> None:
    telemetry = PrometheusTelemetry()
    for purpose, tokens in (("answer", 550), ("answer", 650), ("rewrite", 80), ("answer", 0)):
        telemetry.vendor_attempt(an_attempt(purpose, tokens), channel="web_chat")  # type: ignore[arg-type]

    def value(suffix: str, **labels: str) -> float | None:
        return telemetry.registry.get_sample_value(f"frontdesk_prompt_tokens_{suffix}", labels)

    assert value("count", feature="answer") == 2.0
    assert value("sum", feature="answer") == 1200.0
    assert value("bucket", feature="answer", le="600.0") == 1.0
    assert value("count", feature="rewrite") == 1.0
