select
    surrogate_key(store_code) as store_key,
    store_id,
    store_code,
    store_name,
    market_id,
    market_code,
    city,
    country,
    currency,
    latitude,
    longitude,
    opened_on
from {{ ref('stg_app__stores') }}
where not is_test
