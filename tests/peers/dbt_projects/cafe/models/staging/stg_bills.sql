select
    id as bill_id,
    visit_id,
    paid_by,
    -- cents in the till, whole units everywhere after
    amount / 100 as amount
from {{ ref('raw_bills') }}
