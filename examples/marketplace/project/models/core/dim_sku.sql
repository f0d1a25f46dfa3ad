select
    surrogate_key(sku_code) as sku_key,
    sku_id,
    sku_code,
    product_name,
    producer,
    category,
    volume_ml,
    abv_percent,
    list_price_cents,
    is_discontinued,
    discontinued_on
from {{ ref('stg_app__skus') }}
