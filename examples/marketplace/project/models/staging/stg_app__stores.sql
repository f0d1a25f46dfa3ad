select
    stores.id as store_id,
    stores.code as store_code,
    stores.name as store_name,
    stores.market_id,
    markets.code as market_code,
    markets.city,
    markets.country,
    markets.currency,
    stores.latitude,
    stores.longitude,
    stores.opened_on,
    stores.code like 'TEST-%' as is_test
from {{ source('app', 'stores') }} as stores
inner join {{ source('app', 'markets') }} as markets on markets.id = stores.market_id
where stores.deleted_at is null
