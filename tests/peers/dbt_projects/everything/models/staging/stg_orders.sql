select
    id as order_id,
    customer,
    product as product_code,
    quantity,
    ordered_on,
    nullif(note, '') as note,
    changed_at
from {{ ref('order_lines') }}
where ordered_on >= cast('{{ var("first_day") }}' as date)
