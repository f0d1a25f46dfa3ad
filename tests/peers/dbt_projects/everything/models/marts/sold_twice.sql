{{ config(pre_hook="select count(*) from {{ ref('orders') }}", post_hook=["select count(*) from {{ this }}", "select 1"]) }}
-- depends_on: {{ ref('orders') }}
{{ union_of(['sold_in_spring', 'sold_later']) }}
