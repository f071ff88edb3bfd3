package ecs

import "time"

const (
	// MaxClusters bounds the clusters; AWS's quota of a region is 10,000.
	MaxClusters = 100
	// MaxServices bounds the services of all clusters, inactive ones with them; AWS's quota is 5,000 of a cluster.
	MaxServices = 200
	// MaxRevisions bounds the revisions of all task definitions; AWS's quota is a million of a family.
	MaxRevisions = 10_000
	// MaxTasks bounds the tasks that run at a time: each is a process or more of this machine.
	MaxTasks = 200
	// MaxStoppedTasks bounds the stopped tasks that are still shown; AWS shows them for an hour.
	MaxStoppedTasks = 1000
	// MaxContainers is AWS's quota of containers of a task definition.
	MaxContainers = 10
	// MaxRunCount is AWS's quota of tasks of a call of RunTask.
	MaxRunCount = 10
	// MaxDescribe is how many tasks or clusters a description takes, as on AWS.
	MaxDescribe = 100
	// MaxDescribeServices is how many services a description takes, as on AWS.
	MaxDescribeServices = 10
	// MaxEvents is how many events a service has, as on AWS: the latest.
	MaxEvents = 100
	// MaxStopTimeout is Fargate's.
	MaxStopTimeout = 120 * time.Second
	// DefaultStopTimeout is Fargate's.
	DefaultStopTimeout = 30 * time.Second

	// defaultFiles is how many files a container may have open on Fargate, if it says nothing.
	defaultFiles = 65535
	// memoryPoll is how often the memory of a task is looked at: what it can take beyond its limit in that time is what a machine
	// can hand out meanwhile. It is a compromise with what looking costs, for two hundred tasks.
	memoryPoll = 100 * time.Millisecond
	// stoppedShown is how long stopped tasks are shown.
	stoppedShown = time.Hour
	// stepTimeout bounds each step of a task's start: its image, its secrets, its targets.
	stepTimeout = time.Minute
	// maxRequestBytes bounds a request of the API.
	maxRequestBytes = 1 << 20
	// maxLogLine is the longest line that is logged in one piece, as of the awslogs driver.
	maxLogLine = 16 << 10
	// maxPage is the largest page of a list, and its default size, as on AWS.
	maxPage = 100

	// The circuit breaker's threshold is half of the desired count, and within these, as on AWS.
	minFailures, maxFailures = 3, 200
	// The pause before the next start after failures in a row: it doubles from the one to the other. AWS names the longest.
	firstPause, longestPause = 10 * time.Second, 15 * time.Minute
	// unchecked is how long a task that neither a health check nor a target group speaks for must have run to count as healthy,
	// so that one that ends at once does not complete a deployment.
	unchecked = 30 * time.Second
	// quickEnd is how long a task must live for its end not to count towards that pause.
	quickEnd = time.Minute
)
