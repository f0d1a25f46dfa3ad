{{ config(materialized='incremental', incremental_strategy='append') }}
select id, customer_id, amount_cents from {{ source('app', 'orders') }}
{% if is_incremental() %} where id > (select coalesce(max(id), 0) from {{ this }}) {% endif %}
