from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from frontdesk.bootstrap.simulated import SimulatedSystems, simulated_secret
from frontdesk.domain.connector_source import HttpSource
from frontdesk.domain.errors import ConfigError
from frontdesk.settings import load_settings


def a_source(base_url: str) -> HttpSource:
    return HttpSource(name="orders", title={"en": "orders"}, base_url=base_url, operations=())


def systems(folder: Path, **settings: str) -> SimulatedSystems:
    return SimulatedSystems(load_settings({}, data_dir=folder, assistant_dir=folder, **settings))


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[SimulatedSystems]:
    made = systems(tmp_path)
    yield made
    made.close()


def test_the_back_office_runs_once_something_names_it_and_ends_with_the_process(
    simulated: SimulatedSystems, tmp_path: Path
) -> None:
    simulated.start_for([a_source("https://shop.example")])
    assert (simulated.address("backoffice"), simulated.code_inbox) == ("", "")
    simulated.start_for([a_source("simulator:backoffice")])
    address = simulated.address("backoffice")
    simulated.start_for([a_source("simulator:backoffice")])
    assert simulated.address("backoffice") == address
    orders = httpx.get(
        f"{address}/orders/orders?customer_id=cust-1187",
        headers={"x-api-key": simulated_secret("BACKOFFICE_ORDERS_KEY")},
    )
    assert orders.json()["total"] == 1
    assert simulated.code_inbox == f"{address}/_codes"
    assert (tmp_path / "backoffice.db").exists()
    simulated.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)


def test_one_that_runs_for_a_moment_leaves_no_file_and_reads_the_one_that_is_there(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path, assistant_dir=tmp_path)
    for makes_file in (False, True):
        with closing(SimulatedSystems(settings, is_for_a_moment=not makes_file)) as made:
            made.start_for([a_source("simulator:backoffice")])
        assert (tmp_path / "backoffice.db").exists() == makes_file
    with closing(SimulatedSystems(settings, is_for_a_moment=True)) as made:
        made.start_for([a_source("simulator:backoffice")])
        httpx.post(made.code_inbox, json={"subject": "cust-1187", "code": "482913"})
    with closing(SimulatedSystems(settings)) as made:
        made.start_for([a_source("simulator:backoffice")])
        assert [one["code"] for one in httpx.get(made.code_inbox).json()["codes"]] == ["482913"]


def test_one_that_runs_elsewhere_is_used_as_it_is(tmp_path: Path) -> None:
    elsewhere = systems(tmp_path, backoffice_url="http://127.0.0.1:9300")
    elsewhere.start_for([a_source("simulator:backoffice")])
    assert elsewhere.address("backoffice") == "http://127.0.0.1:9300"
    assert not (tmp_path / "backoffice.db").exists()


def test_a_simulation_that_does_not_exist_is_named(simulated: SimulatedSystems) -> None:
    with pytest.raises(ConfigError, match="`orders` names the simulation `warehouse`"):
        simulated.start_for([a_source("simulator:warehouse")])


def test_a_variable_goes_before_the_invented_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert simulated_secret("BACKOFFICE_CRM_KEY") == "backoffice-crm"
    assert simulated_secret("STRIPE_KEY") == ""
    monkeypatch.setenv("BACKOFFICE_CRM_KEY", "mine")
    assert simulated_secret("BACKOFFICE_CRM_KEY") == "mine"
