select
    id as order_id,
    customer_id,
    store_id,
    status,
    channel,
    currency,
    ordered_at,
    cast(ordered_at as date) as order_date,
    items_cents,
    discount_cents,
    shipping_cents,
    total_cents,
    delivery_postcode as delivery_area,
    legacy_id is not null as is_migrated,
    -- Handed in by a till that was offline.
    legacy_id is null and cast(ordered_at as date) < cast(created_at as date) as is_late,
    created_at,
    updated_at,
    deleted_at is not null as is_deleted,
    _ade_loaded_at as loaded_at
from {{ source('app', 'orders') }}
