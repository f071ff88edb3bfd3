// Package servicediscovery is AWS Cloud Map for tasks: private DNS namespaces, the services in them, and the instances that are
// found by a service's name.
//
// [New] makes an [Emulator], an http.Handler for the API (JSON 1.1, `aws servicediscovery`). Namespaces and services come from
// templates, by methods that are no actions; ECS registers instances by [Emulator.Register], takes them away by
// [Emulator.Deregister], and says by [Emulator.SetHealth] how they are. [Emulator.Close] ends it.
//
// # Names
//
// A name of a private namespace, as redis.shop.internal, is answered by Route 53 inside of a VPC. A program on this machine asks the
// machine's resolver, which nobody can teach a name without privileges. So each service has a loopback address of its own,
// 127.128.0.0/10, for as long as it lives, and [Emulator.Resolve] puts that address in the place of the name in what a
// program is told. The address takes connections on the ports of the service's instances, and hands each on to one of the healthy
// ones, as a client would that asks for the name with each connection: what registers later is found by who started earlier, a
// standing connection stays with its instance, and where there is no instance, nothing listens.
//
// The other ways were worse: to tell the address of an instance is wrong as soon as the instance is replaced; a variable that
// names a resolver is heeded by few programs, and by none written in Go; a changed resolver of the machine needs privileges and
// remains after a crash.
//
// Followed: AWS Cloud Map API reference (2017-03-14); Amazon ECS developer guide, "Use service discovery to connect Amazon ECS
// services with DNS names"; Route 53 developer guide, "Multivalue answer routing".
//
// Actions: GetNamespace, ListNamespaces, GetService, ListServices, GetInstance, ListInstances, DiscoverInstances. Every other
// one is refused by its name.
//
// Ledger, what is left out or simplified:
//   - there is no DNS: a name is only known where [Emulator.Resolve] is asked, when a process starts; a program that makes
//     a name up, or reads one elsewhere, does not find it; one that looks an address up sees that of the service, not the
//     addresses of instances, and always one;
//   - a new connection meets the instances that there are now; a TTL, during which AWS's resolvers answer what was, is kept and
//     shown only;
//   - namespaces of other kinds, records but A, aliases, health checks of Route 53 and instances that no task is are refused by
//     name; a VPC does not bound where a name is known;
//   - where no instance is healthy, all are used, as Route 53 answers;
//   - DiscoverInstances without a HealthStatus is HEALTHY_OR_ELSE_ALL, which AWS does not tell;
//   - the texts of errors are this package's own, but for that of a service that still has instances;
//   - nothing is kept after the process ends.
//
// All methods may be called by several goroutines at once.
package servicediscovery
