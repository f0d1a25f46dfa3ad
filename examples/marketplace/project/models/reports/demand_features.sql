-- Features of each shelf for the demand forecast: how often it was empty, and what it held.
with latest as (

    select max(snapshot_date) as snapshot_date from {{ ref('inventory_day') }}

)

select
    latest.snapshot_date as as_of,
    inventory.store_code,
    inventory.sku_code,
    count(*) as days_observed,
    sum(case when inventory.is_out_of_stock then 1 else 0 end) as days_out_of_stock,
    round(avg(cast(inventory.on_hand as double)), 2) as mean_on_hand,
    min(inventory.on_hand) as least_on_hand,
    coalesce(max(demand.units_sold), 0) as market_units_sold,
    coalesce(max(demand.views), 0) as market_views
from {{ ref('inventory_day') }} as inventory
cross join latest
inner join {{ ref('dim_store') }} as stores on stores.store_id = inventory.store_id
left join {{ ref('sku_demand') }} as demand
    on demand.market_code = stores.market_code and demand.sku_code = inventory.sku_code
where inventory.snapshot_date > latest.snapshot_date - interval '{{ var("demand_days") }} days'
group by latest.snapshot_date, inventory.store_code, inventory.sku_code
