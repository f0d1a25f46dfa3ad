-- The best sellers of a market that a shop in it does not carry: what to put on the shelf next.
with latest as (

    select max(snapshot_date) as snapshot_date from {{ ref('inventory_day') }}

),

shelf as (

    select inventory.store_code, inventory.sku_code
    from {{ ref('inventory_day') }} as inventory
    inner join latest on latest.snapshot_date = inventory.snapshot_date

)

select
    latest.snapshot_date as as_of,
    stores.market_code,
    stores.store_code,
    stores.store_name,
    demand.demand_rank,
    demand.sku_code,
    demand.product_name,
    demand.category,
    demand.units_sold as units_sold_in_market,
    demand.stores_selling,
    demand.views as views_in_market
from {{ ref('dim_store') }} as stores
inner join {{ ref('sku_demand') }} as demand on demand.market_code = stores.market_code
cross join latest
left join shelf on shelf.store_code = stores.store_code and shelf.sku_code = demand.sku_code
where demand.demand_rank <= {{ var('top_items') }}
    and shelf.sku_code is null
