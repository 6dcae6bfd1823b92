from dataclasses import replace
from xml.etree import ElementTree as ET

from frontdesk.domain.workflow import Case, DecideStep, SayStep
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
    root = ET.fromstring(draw_svg(refunds, "en", prefix="step-"))

    steps = [group for group in root.iter(f"{SVG}g") if "step" in group.get("class", "")]
    roads = [path for path in root.iter(f"{SVG}path") if path.get("marker-end")]
    links = [link.get("href") for link in root.iter(f"{SVG}a")]
    assert len(steps) == len(describe(refunds, "en"))
    assert len(roads) == sum(len(step.roads) for step in describe(refunds, "en"))
    assert {f"#step-{step.step}" for step in describe(refunds, "en")} == set(links)
    assert not list(root.iter(f"{SVG}script"))
    assert not any(name.startswith("on") or name == "style" for node in root.iter() for name in node.attrib)


def test_what_is_written_in_a_workflow_stays_text() -> None:
    refunds = workflow("refund_status")
    hostile = replace(refunds, title={"en": '"><script>alert(1)</script>'})

    assert "<script" not in draw_svg(hostile, "en")


def test_names_roads_that_would_need_too_many_lines_and_draws_none() -> None:
    refunds = workflow("refund_status")
    many = {f"say_{n}": SayStep(step=f"say_{n}", text={"en": "x"}, next="end") for n in range(30)}
    decide = DecideStep(step="decide", cases=tuple(Case(when="true", go=name) for name in many), otherwise="end")
    wide = replace(refunds, first="decide", steps={"decide": decide, **many, "end": refunds.steps["end"]})

    drawn = draw_svg(wide)

    assert "→ say_29" in drawn
    assert drawn.count('marker-end="url(#arrow)"') < 5
