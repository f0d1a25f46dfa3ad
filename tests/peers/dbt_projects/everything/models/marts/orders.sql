select order_id, customer, product_code, kind, quantity, ordered_on, note, total_cents, {{ taxed('total_cents') }} as taxed_cents
from {{ ref('eph_priced_orders') }}
