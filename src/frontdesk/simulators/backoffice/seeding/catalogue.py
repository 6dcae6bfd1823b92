"""What Harbor & Pine sells, as its help articles speak of it."""

from dataclasses import dataclass

from frontdesk.simulators.backoffice.seeding.book import Book


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """An article of the shop."""

    sku: str
    title: str
    family: str
    price_minor: int
    warranty_years: int = 2
    sizes: tuple[str, ...] = ()
    is_returnable: bool = True
    is_repairable: bool = True


_EU = tuple(str(size) for size in range(36, 48))
_WEAR = ("XS", "S", "M", "L", "XL", "XXL")
_BACKS = ("S", "M", "L")


def _boots(code: str, name: str, price: int) -> Product:
    return Product(sku=f"BT-{code}", title=f"{name} boots", family="boots", price_minor=price, sizes=_EU)


def _jacket(code: str, title: str, price: int) -> Product:
    return Product(sku=f"JK-{code}", title=title, family="jackets", price_minor=price, warranty_years=5, sizes=_WEAR)


def _pack(code: str, title: str, price: int) -> Product:
    return Product(
        sku=f"BP-{code}", title=title, family="backpacks", price_minor=price, warranty_years=10, sizes=_BACKS
    )


PRODUCTS = (
    _boots("ELBE", "Elbe leather", 18900),
    _boots("KARW", "Karwendel trekking", 22900),
    _boots("TARN", "Tarn hiking", 15900),
    _boots("SARE", "Sarek mountain", 27900),
    Product(sku="BT-APPR", title="Approach shoes", family="boots", price_minor=12900, sizes=_EU, is_repairable=False),
    _jacket("RAIN", "Harbour rain shell", 17900),
    _jacket("PARK", "North Sea parka", 24900),
    _jacket("DOWN", "Light down jacket", 19900),
    _jacket("SOFT", "Softshell jacket", 12900),
    _jacket("FLEE", "Fleece jacket", 7900),
    _jacket("KIDS", "Children's rain jacket", 5900),
    Product(sku="WE-TROU", title="Trekking trousers", family="clothing", price_minor=8900, sizes=_WEAR),
    Product(sku="WE-MERI", title="Merino shirt", family="clothing", price_minor=6900, sizes=_WEAR),
    Product(sku="WE-LONG", title="Merino long johns", family="clothing", price_minor=5900, sizes=_WEAR),
    Product(
        sku="WE-SOCK", title="Merino socks", family="clothing", price_minor=1900, sizes=("36-39", "40-43", "44-47")
    ),
    Product(sku="WE-GLOV", title="Touring gloves", family="clothing", price_minor=3900, sizes=("S", "M", "L")),
    Product(sku="WE-BEAN", title="Wool beanie", family="clothing", price_minor=2500),
    _pack("DAY2", "Day pack 22 litres", 7900),
    _pack("HUT3", "Hut pack 36 litres", 12900),
    _pack("TRK5", "Trekking pack 55 litres", 18900),
    _pack("CITY", "Commuter pack 18 litres", 6900),
    Product(sku="TN-DUO2", title="Tent for two", family="tents", price_minor=29900, warranty_years=3),
    Product(sku="TN-SOLO", title="Tent for one", family="tents", price_minor=24900, warranty_years=3),
    Product(sku="TN-FAM4", title="Family tent", family="tents", price_minor=44900, warranty_years=3),
    Product(sku="SB-DOWN", title="Down sleeping bag", family="sleeping bags", price_minor=25900, warranty_years=4),
    Product(sku="SB-SYNT", title="Synthetic sleeping bag", family="sleeping bags", price_minor=9900, warranty_years=4),
    Product(sku="SB-MATT", title="Inflatable mat", family="sleeping bags", price_minor=8900, is_repairable=False),
    Product(sku="ST-GAS1", title="Gas stove", family="stoves", price_minor=5900),
    Product(sku="ST-FUEL", title="Liquid fuel stove", family="stoves", price_minor=12900),
    Product(sku="ST-POTS", title="Pot set", family="stoves", price_minor=4500),
    Product(
        sku="ST-CART",
        title="Gas cartridge 230 g",
        family="stoves",
        price_minor=790,
        is_returnable=False,
        is_repairable=False,
    ),
    Product(sku="HL-350L", title="Headlamp 350 lumen", family="headlamps", price_minor=5900, warranty_years=3),
    Product(sku="HL-LANT", title="Camping lantern", family="headlamps", price_minor=3900, warranty_years=3),
    Product(sku="SF-TRAN", title="Avalanche transceiver", family="safety", price_minor=29900, is_repairable=False),
    Product(sku="SF-SHOV", title="Snow shovel", family="safety", price_minor=4900),
    Product(sku="SF-ROPE", title="Climbing rope 60 m", family="safety", price_minor=16900, is_repairable=False),
    Product(sku="AC-POLE", title="Trekking poles", family="accessories", price_minor=8900),
    Product(sku="AC-BOTT", title="Steel bottle 1 litre", family="accessories", price_minor=2900),
    Product(
        sku="AC-MEAL",
        title="Trail meals, box of 6",
        family="accessories",
        price_minor=4200,
        is_returnable=False,
        is_repairable=False,
    ),
    Product(
        sku="GC-CARD",
        title="Gift card",
        family="gift cards",
        price_minor=5000,
        warranty_years=0,
        is_returnable=False,
        is_repairable=False,
    ),
)
BY_SKU = {product.sku: product for product in PRODUCTS}


def add_products(book: Book) -> None:
    for product in PRODUCTS:
        book.add(
            "products",
            sku=product.sku,
            title=product.title,
            family=product.family,
            price_minor=product.price_minor,
            is_returnable=int(product.is_returnable),
            is_repairable=int(product.is_repairable),
            warranty_years=product.warranty_years,
            stock=book.random.choice((0, 3, 12, 40, 150)),
        )
