from frontdesk.adapters.telemetry import PrometheusTelemetry


def test_a_scrape_says_how_every_deployment_stands_now() -> None:
    telemetry = PrometheusTelemetry()
    telemetry.deployment(vendor="acme", model="large", breaker="open", in_flight=3)
    telemetry.deployment(vendor="acme", model="large", breaker="half_open", in_flight=1)
    page = telemetry.render().decode()
    assert 'frontdesk_breaker_state{model="large",vendor="acme"} 1.0' in page
    assert 'frontdesk_inflight_requests{model="large",vendor="acme"} 1.0' in page


def test_other_systems_are_counted_by_how_their_calls_ended_and_what_was_behind_it() -> None:
    telemetry = PrometheusTelemetry()
    asked = {"connector": "shop", "operation": "orders"}
    telemetry.connector_called(**asked, outcome="ok", cause="", attempts=3, seconds=0.2)
    telemetry.connector_called(**asked, outcome="cached", cause="", attempts=0, seconds=0.0)
    telemetry.connector_called(**asked, outcome="malformed", cause="field", attempts=1, seconds=0.1)
    telemetry.connector(name="shop", breaker="open")

    shown = telemetry.render().decode()
    calls = 'frontdesk_connector_calls_total{cause="%s",connector="shop",operation="orders",outcome="%s"} 1.0'
    for cause, outcome in (("", "ok"), ("", "cached"), ("field", "malformed")):
        assert calls % (cause, outcome) in shown
    assert 'frontdesk_connector_retries_total{connector="shop",operation="orders"} 2.0' in shown
    assert 'frontdesk_connector_seconds_count{connector="shop",operation="orders"} 2.0' in shown
    assert 'frontdesk_connector_breaker_state{connector="shop"} 2.0' in shown
