select
    id as guest_id,
    given_name,
    family_name,
    joined_on
from {{ ref('raw_guests') }}
