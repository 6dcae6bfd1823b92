import pytest

from frontdesk.domain.workflow import CallStep, SayStep
from procedures import workflow


def test_fills_in_ids_roads_and_what_a_sentence_rests_on() -> None:
    refunds = workflow("refund_status")

    assert refunds.first == "read_orders"
    both = refunds.steps["read_refund_and_parcel"]
    assert isinstance(both, CallStep)
    assert [call.result for call in both.calls] == ["refund", "parcel"]
    assert both.next == "decide"
    under_way = refunds.steps["under_way"]
    assert isinstance(under_way, SayStep)
    assert under_way.about == ("orders", "parcel", "refund")


@pytest.mark.parametrize("name", ["refund_status", "send_back"])
def test_reads_the_examples_without_a_complaint(name: str) -> None:
    assert workflow(name).owner
