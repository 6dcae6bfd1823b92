"""The back office's tables, and views for whoever reads with SQL.

Times are text in UTC, as in 2026-11-25T09:30:00Z, dates as in 2026-11-25; `*_minor` are amounts in cents.
"""

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE customers (
  customer_id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, phone TEXT NOT NULL, language TEXT NOT NULL,
  segment TEXT NOT NULL, customer_since TEXT NOT NULL, company TEXT, note TEXT NOT NULL DEFAULT '',
  street TEXT NOT NULL, postcode TEXT NOT NULL, city TEXT NOT NULL, country TEXT NOT NULL
) STRICT;

CREATE TABLE products (
  sku TEXT PRIMARY KEY, title TEXT NOT NULL, family TEXT NOT NULL, price_minor INTEGER NOT NULL,
  is_returnable INTEGER NOT NULL, is_repairable INTEGER NOT NULL, warranty_years INTEGER NOT NULL, stock INTEGER NOT NULL
) STRICT;

CREATE TABLE orders (
  order_id TEXT PRIMARY KEY, customer_id TEXT NOT NULL, status TEXT NOT NULL, payment_method TEXT NOT NULL,
  delivery_method TEXT NOT NULL, currency TEXT NOT NULL, items_minor INTEGER NOT NULL, delivery_fee_minor INTEGER NOT NULL,
  total_minor INTEGER NOT NULL, refund_state TEXT NOT NULL, refunded_minor INTEGER NOT NULL DEFAULT 0,
  placed_at TEXT NOT NULL, packed_at TEXT, shipped_at TEXT, delivered_at TEXT, cancelled_at TEXT, promised_on TEXT,
  ship_name TEXT NOT NULL, street TEXT NOT NULL, postcode TEXT NOT NULL, city TEXT NOT NULL, country TEXT NOT NULL
) STRICT;
CREATE INDEX orders_of_customer ON orders (customer_id, placed_at);

CREATE TABLE order_items (
  line_id TEXT PRIMARY KEY, order_id TEXT NOT NULL, sku TEXT NOT NULL, title TEXT NOT NULL, size TEXT,
  quantity INTEGER NOT NULL, unit_price_minor INTEGER NOT NULL, is_sale INTEGER NOT NULL, is_returnable INTEGER NOT NULL
) STRICT;
CREATE INDEX items_of_order ON order_items (order_id);

CREATE TABLE returns (
  return_id TEXT PRIMARY KEY, order_id TEXT NOT NULL, customer_id TEXT NOT NULL, status TEXT NOT NULL,
  method TEXT NOT NULL, reason TEXT NOT NULL, tracking_number TEXT, created_at TEXT NOT NULL, label_valid_until TEXT,
  arrived_at TEXT, inspected_at TEXT, note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX returns_of_customer ON returns (customer_id);
CREATE TABLE return_items (
  return_id TEXT NOT NULL, line_id TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (return_id, line_id)
) STRICT;

CREATE TABLE payments (
  payment_id TEXT PRIMARY KEY, order_id TEXT NOT NULL, customer_id TEXT NOT NULL, status TEXT NOT NULL,
  method TEXT NOT NULL, card_last4 TEXT, currency TEXT NOT NULL, amount_minor INTEGER NOT NULL,
  refunded_minor INTEGER NOT NULL DEFAULT 0, authorised_at TEXT, captured_at TEXT, declined_at TEXT, disputed_at TEXT,
  decline_reason TEXT
) STRICT;
CREATE INDEX payments_of_customer ON payments (customer_id);
CREATE INDEX payments_of_order ON payments (order_id);

CREATE TABLE refunds (
  refund_id TEXT PRIMARY KEY, payment_id TEXT NOT NULL, order_id TEXT NOT NULL, customer_id TEXT NOT NULL,
  return_id TEXT, status TEXT NOT NULL, method TEXT NOT NULL, card_last4 TEXT, currency TEXT NOT NULL,
  amount_minor INTEGER NOT NULL, reason TEXT NOT NULL, why TEXT, bank_reference TEXT, requested_at TEXT NOT NULL,
  approved_at TEXT, processing_at TEXT, paid_at TEXT, failed_at TEXT, declined_at TEXT, cancelled_at TEXT, expected_on TEXT
) STRICT;
CREATE INDEX refunds_of_customer ON refunds (customer_id);

CREATE TABLE shipments (
  shipment_id TEXT PRIMARY KEY, order_id TEXT NOT NULL, customer_id TEXT NOT NULL, direction TEXT NOT NULL,
  carrier TEXT NOT NULL, tracking_number TEXT NOT NULL UNIQUE, status TEXT NOT NULL, created_at TEXT NOT NULL,
  last_event_at TEXT NOT NULL, expected_on TEXT, delivered_at TEXT, is_under_investigation INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX shipments_of_customer ON shipments (customer_id);
CREATE TABLE tracking_events (
  event_id INTEGER PRIMARY KEY, shipment_id TEXT NOT NULL, at TEXT NOT NULL, status TEXT NOT NULL, place TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX events_of_shipment ON tracking_events (shipment_id, at);

CREATE TABLE tickets (
  ticket_id TEXT PRIMARY KEY, customer_id TEXT NOT NULL, order_id TEXT, kind TEXT NOT NULL, topic TEXT NOT NULL,
  status TEXT NOT NULL, priority TEXT NOT NULL, subject TEXT NOT NULL, owner TEXT NOT NULL, opened_at TEXT NOT NULL,
  closed_at TEXT, resolution TEXT
) STRICT;
CREATE INDEX tickets_of_customer ON tickets (customer_id, opened_at);
CREATE TABLE ticket_comments (
  comment_id INTEGER PRIMARY KEY, ticket_id TEXT NOT NULL, at TEXT NOT NULL, author TEXT NOT NULL, text TEXT NOT NULL
) STRICT;

CREATE TABLE slots (
  slot_id TEXT PRIMARY KEY, store TEXT NOT NULL, service TEXT NOT NULL, starts_at TEXT NOT NULL, minutes INTEGER NOT NULL,
  places INTEGER NOT NULL
) STRICT;
CREATE TABLE appointments (
  appointment_id TEXT PRIMARY KEY, slot_id TEXT NOT NULL, customer_id TEXT NOT NULL, reference TEXT NOT NULL,
  status TEXT NOT NULL, item TEXT NOT NULL, fault TEXT NOT NULL, created_at TEXT NOT NULL, cancelled_at TEXT
) STRICT;
CREATE INDEX appointments_of_reference ON appointments (reference);

CREATE TABLE crm_records (
  object TEXT NOT NULL, external_id TEXT NOT NULL, record_id TEXT NOT NULL UNIQUE, customer_id TEXT, fields TEXT NOT NULL,
  version INTEGER NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, PRIMARY KEY (object, external_id)
) STRICT;
CREATE INDEX records_of_customer ON crm_records (customer_id, object);

CREATE TABLE employees (
  employee_id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, department TEXT NOT NULL, site TEXT NOT NULL,
  manager_id TEXT, started_on TEXT NOT NULL, status TEXT NOT NULL
) STRICT;
CREATE TABLE accounts (
  account_id TEXT PRIMARY KEY, employee_id TEXT NOT NULL, system TEXT NOT NULL, status TEXT NOT NULL,
  failed_logins INTEGER NOT NULL, password_changed_on TEXT NOT NULL, password_expires_on TEXT NOT NULL,
  has_second_factor INTEGER NOT NULL
) STRICT;
CREATE INDEX accounts_of_employee ON accounts (employee_id);
CREATE TABLE it_systems (
  system TEXT PRIMARY KEY, title TEXT NOT NULL, owner TEXT NOT NULL, roles TEXT NOT NULL, needs_approval INTEGER NOT NULL,
  status TEXT NOT NULL, status_note TEXT NOT NULL
) STRICT;
CREATE TABLE access_requests (
  request_id TEXT PRIMARY KEY, employee_id TEXT NOT NULL, system TEXT NOT NULL, role TEXT NOT NULL, reason TEXT NOT NULL,
  status TEXT NOT NULL, approver_id TEXT, requested_at TEXT NOT NULL, decided_at TEXT, valid_until TEXT
) STRICT;
CREATE TABLE assets (
  asset_id TEXT PRIMARY KEY, employee_id TEXT, kind TEXT NOT NULL, model TEXT NOT NULL, status TEXT NOT NULL,
  issued_on TEXT, warranty_until TEXT
) STRICT;
CREATE TABLE onboarding_tasks (
  task_id TEXT PRIMARY KEY, employee_id TEXT NOT NULL, title TEXT NOT NULL, owner TEXT NOT NULL, due_on TEXT NOT NULL,
  status TEXT NOT NULL, done_at TEXT
) STRICT;

CREATE TABLE effects (
  effect_id INTEGER PRIMARY KEY, at TEXT NOT NULL, system TEXT NOT NULL, operation TEXT NOT NULL, key TEXT NOT NULL,
  reference TEXT NOT NULL, customer_id TEXT, what TEXT NOT NULL
) STRICT;
CREATE TABLE kept_keys (
  system TEXT NOT NULL, key TEXT NOT NULL, asked TEXT NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL,
  effect_id INTEGER NOT NULL, PRIMARY KEY (system, key)
) STRICT;
CREATE TABLE codes (
  code_id INTEGER PRIMARY KEY, at TEXT NOT NULL, customer_id TEXT NOT NULL, channel TEXT NOT NULL, sent_to TEXT NOT NULL,
  code TEXT NOT NULL, language TEXT NOT NULL, purpose TEXT NOT NULL
) STRICT;
"""

VIEWS = """
CREATE VIEW orders_for_support AS
  SELECT o.order_id, o.customer_id, o.status, o.currency, o.total_minor / 100.0 AS total, o.refund_state, o.placed_at,
    o.delivered_at, o.promised_on, o.delivery_method, o.payment_method,
    (SELECT group_concat(i.quantity || ' x ' || i.title, '; ') FROM order_items i WHERE i.order_id = o.order_id) AS items
  FROM orders o;
CREATE VIEW refunds_for_support AS
  SELECT refund_id, order_id, customer_id, status, currency, amount_minor / 100.0 AS amount, method, requested_at,
    approved_at, paid_at, expected_on, why
  FROM refunds;
CREATE VIEW shipments_for_support AS
  SELECT s.shipment_id, s.order_id, s.customer_id, s.direction, s.carrier, s.tracking_number, s.status, s.last_event_at,
    s.expected_on, s.delivered_at,
    (SELECT e.text FROM tracking_events e WHERE e.shipment_id = s.shipment_id ORDER BY e.at DESC LIMIT 1) AS last_event
  FROM shipments s;
CREATE VIEW tickets_for_support AS
  SELECT ticket_id, customer_id, order_id, kind, topic, status, priority, subject, opened_at, closed_at, resolution
  FROM tickets;
CREATE VIEW customers_for_support AS
  SELECT c.customer_id, c.name, c.language, c.segment, c.country, c.customer_since,
    (SELECT count(*) FROM orders o WHERE o.customer_id = c.customer_id) AS orders,
    (SELECT count(*) FROM tickets t WHERE t.customer_id = c.customer_id AND t.kind = 'escalation') AS escalations
  FROM customers c;
"""

TABLE_NAMES = tuple(line.split()[2] for line in TABLES.splitlines() if line.startswith("CREATE TABLE"))
