{{ config(severity='warn', warn_if='> 1000') }}
select order_id from {{ ref('orders') }} where note is null
