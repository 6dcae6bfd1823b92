from frontdesk.adapters.telemetry import PrometheusTelemetry


def test_a_scrape_says_how_every_deployment_stands_now() -> None:
    telemetry = PrometheusTelemetry()
    telemetry.deployment(vendor="acme", model="large", breaker="open", in_flight=3)
    telemetry.deployment(vendor="acme", model="large", breaker="half_open", in_flight=1)
    page = telemetry.render().decode()
    assert 'frontdesk_breaker_state{model="large",vendor="acme"} 1.0' in page
    assert 'frontdesk_inflight_requests{model="large",vendor="acme"} 1.0' in page
