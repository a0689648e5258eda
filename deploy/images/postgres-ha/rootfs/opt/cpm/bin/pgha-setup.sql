-- What a new cluster starts with. Names and passwords come from the environment, so they never show
-- in a process list or a log.
\getenv owner PGHA_USER
\getenv owner_password PGHA_USER_PASSWORD
\getenv database PGHA_DATABASE

select 'create extension if not exists ' || name from pg_available_extensions
  where name in ('pgaudit', 'pg_stat_statements') \gexec

-- Neither a log nor a view may note the password.
set log_statement = 'none';
set log_min_duration_statement = -1;
set log_min_error_statement = 'log';
set pgaudit.log = 'none';
set pg_stat_statements.track = 'none';
select format('create role %I', :'owner')
  where not exists (select from pg_roles where rolname = :'owner') \gexec
alter role :"owner" with login password :'owner_password';
reset log_statement;
reset log_min_duration_statement;
reset log_min_error_statement;
reset pgaudit.log;
reset pg_stat_statements.track;

select format('create database %I', :'database')
  where not exists (select from pg_database where datname = :'database') \gexec
grant all privileges on database :"database" to :"owner";

\connect :"database"
select 'create extension if not exists ' || name from pg_available_extensions
  where name in ('pgaudit', 'pg_stat_statements') \gexec
create schema if not exists :"owner" authorization :"owner";
-- PostgreSQL 15 no longer lets every user create in public; applications made for 12 expect it.
grant create on schema public to :"owner";
