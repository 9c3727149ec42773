// Runs a task on the event loop of its connection.
import NIOCore

/// A task with this preference goes on where its connection is served: no thread has to be woken to start it, and none
/// to write its answer. What it calls must not block, as everywhere outside the pools that are made for it.
final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
