{{ config(alias='products_clean') }}
select
    code as product_code,
    trim(name) as product_name,
    lower(kind) as kind,
    price_cents,
    {{ units('price_cents') }} as price,
    {{ size_case('price_cents') }} as price_band,
    launched,
    discontinued
from {{ ref('products') }}
