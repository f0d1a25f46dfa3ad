-- Neither the test shop nor test accounts count.
select orders.order_id
from {{ ref('fct_orders') }} as orders
where orders.is_counted and orders.is_test
