mod balancers;
mod families;
mod firewalls;
mod golden;
mod properties;
mod routes;
mod scenario;
mod unknown;
