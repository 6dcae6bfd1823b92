import subprocess
import sys
from decimal import Decimal

from frontdesk.adapters.models.prices import cost_usd
from frontdesk.domain.usage import Usage

USAGE = Usage(input_tokens=1000, output_tokens=100)


def test_a_known_model_has_a_price() -> None:
    assert cost_usd("openai", "gpt-4o-mini", USAGE) == Decimal("0.00021")


def test_cached_tokens_cost_less() -> None:
    cached = cost_usd("openai", "gpt-4o-mini", Usage(input_tokens=1000, output_tokens=100, cached_tokens=800))
    assert cached is not None
    assert cached < Decimal("0.00021")


def test_a_vendor_is_known_by_its_host() -> None:
    assert cost_usd("api.mistral.ai", "mistral-small-latest", USAGE) is not None


def test_what_has_no_price_is_unknown_and_not_free() -> None:
    assert cost_usd("openai", "no-such-model", USAGE) is None
    assert cost_usd("127.0.0.1", "llama", USAGE) is None
    assert cost_usd("llm.internal.example", "llama", USAGE) is None
    assert cost_usd("python", "bot:answer", USAGE) is None


def test_our_own_models_cost_nothing() -> None:
    assert cost_usd("frontdesk", "extractive", USAGE) == 0


def test_self_hosted_and_local_models_never_wait_for_the_tables() -> None:
    code = (
        "import sys; from frontdesk.adapters.models.prices import cost_usd, warm; from frontdesk.domain.usage import Usage;"
        "[cost_usd(v, 'm', Usage()) for v in ('frontdesk', 'python', 'localhost', '10.0.0.7', 'vllm')];"
        "assert 'genai_prices' not in sys.modules; warm(); assert 'genai_prices' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
