{#
  Rows that landed since the model was last built: by time of arrival, not by time of change, so that a run catches whatever
  came, however late, and however long nobody ran it. Use after `where`.
#}
{% macro landed_since_last_build(column='loaded_at') -%}
{{ column }} > (select coalesce(max(built.loaded_at), cast('1970-01-01 00:00:00+00' as timestamptz)) from {{ this }} as built)
{%- endmacro %}
