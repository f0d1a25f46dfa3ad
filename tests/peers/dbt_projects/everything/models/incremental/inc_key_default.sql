{{ config(unique_key='kind') }}
select kind, count(*) as event_count, sum(amount) as amount, max(happened_at) as last_at
from {{ ref('events') }}
group by kind
