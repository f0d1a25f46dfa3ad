select
    ticket_id,
    email,
    category,
    opened_at,
    closed_at,
    closed_at is null as is_open,
    satisfaction
from {{ source('crm', 'tickets') }}
