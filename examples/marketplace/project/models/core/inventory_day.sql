{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by=['snapshot_date']
) }}

-- The daily snapshot of all shelves. A day is replaced whole when its file arrives, for the first time or corrected.
select
    stock.snapshot_date,
    stores.store_id,
    stock.store_code,
    stock.sku_code,
    stock.on_hand,
    stock.reserved,
    stock.available,
    stock.reorder_point,
    stock.on_hand = 0 as is_out_of_stock,
    stock.on_hand * stock.unit_cost_cents as stock_value_cents,
    stock.loaded_at
from {{ ref('stg_inventory__stock') }} as stock
inner join {{ ref('dim_store') }} as stores on stores.store_code = stock.store_code
{% if is_incremental() %}
where stock.snapshot_date in (
    select arrived.snapshot_date
    from {{ source('inventory', 'stock') }} as arrived
    where {{ landed_since_last_build('arrived._ade_loaded_at') }}
)
{% endif %}
