select
    id as sku_id,
    code as sku_code,
    name as product_name,
    producer,
    category,
    volume_ml,
    abv_percent,
    list_price_cents,
    discontinued_on,
    discontinued_on is not null as is_discontinued
from {{ source('app', 'skus') }}
