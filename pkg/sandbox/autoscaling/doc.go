// Package autoscaling is Application Auto Scaling for ECS services: target tracking that changes the desired count of a service
// by a metric that its tasks write to their logs, or by how busy they are.
//
// [New] makes a [Service], an http.Handler for the API (JSON 1.1, `aws application-autoscaling`) that can also be used directly;
// [Service.Run] decides once a minute. Metrics come as lines of CloudWatch's embedded metric format: give every line of every log
// to [Service.Read]. What is scaled comes in through [Services].
//
// How it decides, as AWS does: a policy wants more when its metric was above the target for three minutes on end, and as many as
// would bring it to the target; fewer when it was below nine tenths of it for 15 minutes. The largest wish counts; fewer only
// when all policies want fewer. After a change a cooldown passes. [Config.TimeScale] divides the number of minutes, one at least,
// and the cooldowns; not the minute itself, in which programs write their metrics.
//
// Followed: Application Auto Scaling API reference (2016-02-06) and user guide, "Target tracking scaling policies"; CloudWatch
// user guide, "Specification: Embedded metric format".
//
// Actions: RegisterScalableTarget, DeregisterScalableTarget, DescribeScalableTargets, PutScalingPolicy, DeleteScalingPolicy,
// DescribeScalingPolicies, DescribeScalingActivities. Every other one is refused by its name.
//
// Ledger, what is left out or simplified:
//   - service namespace ecs, dimension ecs:service:DesiredCount, target tracking; step, scheduled and predictive scaling, metric
//     math, suspension and every predefined metric but ECSServiceAverageCPUUtilization are refused by name;
//   - the alarms are named, but are no resources of CloudWatch; a metric is kept for 15 minutes and cannot be read elsewhere;
//   - a policy without data has no say; on AWS it keeps the others from scaling in;
//   - values of metrics are numbers, not arrays; units and storage resolution are not looked at;
//   - how busy a task is, is measured on Linux only, of the machine's time against the CPU of its definition;
//   - a range that the desired count is outside of is enforced at once when it is set;
//   - nothing is kept after the process ends.
//
// All methods may be called by several goroutines at once.
package autoscaling
