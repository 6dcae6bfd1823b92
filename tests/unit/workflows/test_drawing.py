from dataclasses import replace
from xml.etree import ElementTree as ET

from frontdesk.workflows.described import describe
from frontdesk.workflows.drawing import draw_svg, draw_text
from procedures import workflow

SVG = "{http://www.w3.org/2000/svg}"


def test_draws_every_step_and_every_road_in_words() -> None:
    drawn = draw_text(workflow("refund_status"), "de")

    assert "? ask_order  " in drawn
    assert "Um welche Bestellung geht es" in drawn
    assert '└ if refund.status == "paid" → paid' in drawn
    assert "└ if it fails (not_found) → no_refund" in drawn
    assert "└ without it → no_order" in drawn


def test_the_diagram_is_svg_without_scripts_that_has_every_step_once() -> None:
    refunds = workflow("refund_status")
    root = ET.fromstring(draw_svg(refunds, "en"))

    steps = [group for group in root.iter(f"{SVG}g") if "step" in group.get("class", "")]
    roads = [path for path in root.iter(f"{SVG}path") if path.get("marker-end")]
    assert len(steps) == len(describe(refunds, "en"))
    assert len(roads) == sum(len(step.roads) for step in describe(refunds, "en"))
    assert not list(root.iter(f"{SVG}script"))
    assert not any(name.startswith("on") or name == "style" for node in root.iter() for name in node.attrib)


def test_what_is_written_in_a_workflow_stays_text() -> None:
    refunds = workflow("refund_status")
    hostile = replace(refunds, title={"en": '"><script>alert(1)</script>'})

    assert "<script" not in draw_svg(hostile, "en")
