-- Compiled, never built.
select * from {{ ref('orders') }} where order_id = {{ var('order', 1) }}
