-- One row for each shop, product and day: scanners send some lines twice, and the test shop is not real.
with numbered as (

    select
        snapshot_date,
        store_code,
        sku_code,
        on_hand,
        reserved,
        reorder_point,
        unit_cost_cents,
        counted_at,
        _ade_loaded_at as loaded_at,
        row_number() over (
            partition by snapshot_date, store_code, sku_code
            order by counted_at desc, _ade_loaded_at desc, on_hand
        ) as place
    from {{ source('inventory', 'stock') }}
    where store_code not like 'TEST-%'

)

select
    snapshot_date,
    store_code,
    sku_code,
    on_hand,
    reserved,
    on_hand - reserved as available,
    reorder_point,
    unit_cost_cents,
    counted_at,
    loaded_at
from numbered
where place = 1
