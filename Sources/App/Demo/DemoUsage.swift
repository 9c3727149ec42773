// What the demo's company uses: two meters, a quota that is nearly used up, and five weeks of events.
import Core
import Web

enum DemoUsage {
    /// What is sold in the demo beside what an instance begins with: calls under Pro, some of them included.
    static let catalogue = """
        {
          "meters": [
            {"code": "api_calls", "name": "API calls", "aggregation": "sum", "unit": "call"},
            {"code": "active_people", "name": "Active people", "aggregation": "unique_count", "unit": "person"}
          ],
          "features": [
            {"code": "members", "name": "Members", "kind": "limit", "unit": "member"},
            {"code": "api_keys", "name": "API keys", "kind": "limit", "unit": "API key"},
            {"code": "calls_per_minute", "name": "Calls a minute", "kind": "limit", "unit": "call"},
            {"code": "api_calls", "name": "API calls", "kind": "limit", "unit": "call", "meter": "api_calls"},
            {"code": "single_sign_on", "name": "Single sign-on", "kind": "boolean"},
            {"code": "help", "name": "Help", "kind": "text"}
          ],
          "plans": [{
            "code": "pro", "name": "Pro", "summary": "For a team with customers.", "trial_days": 14,
            "highlights": ["25 members", "Unlimited API keys", "100,000 API calls a period", "Single sign-on",
              "Help by mail within a day"],
            "entitlements": {"members": 25, "api_keys": "unlimited", "calls_per_minute": 6000, "api_calls": 100000,
              "single_sign_on": true, "help": "by mail within a day"},
            "prices": [
              {"currency": "INR", "interval": "month", "model": "flat", "amount": 249900},
              {"currency": "INR", "interval": "year", "model": "flat", "amount": 2499000},
              {"currency": "USD", "interval": "month", "model": "flat", "amount": 2900},
              {"currency": "USD", "interval": "year", "model": "flat", "amount": 29000},
              {"currency": "INR", "interval": "month", "model": "graduated", "per": 1000, "meter": "api_calls",
                "tiers": [{"up_to": 50000, "unit_amount": 0}, {"unit_amount": 1500}]},
              {"currency": "INR", "interval": "year", "model": "graduated", "per": 1000, "meter": "api_calls",
                "tiers": [{"up_to": 50000, "unit_amount": 0}, {"unit_amount": 1500}]}
            ]
          }]
        }
        """

    /// Five weeks of calls, and who made them.
    static func events(until now: Timestamp) -> JSONValue {
        let days = Int64(0)..<32
        let calls = days.map { day in
            event(
                "calls-\(day)", "api_calls", now.adding(-.days(day)),
                [
                    .init("value", .integer(1900 + day * 7919 % 1400))
                ])
        }
        let people = days.flatMap { day in
            (Int64(0)..<20).map { turn in
                event(
                    "person-\(day)-\(turn)", "active_people", now.adding(-.days(day)),
                    [
                        .init("key", .string("person-\((day * 5 + turn * turn) % 47)"))
                    ])
            }
        }
        return .object(["events": .array(calls + people)])
    }

    private static func event(
        _ id: String, _ meter: String, _ at: Timestamp, _ more: [JSONValue.Member]
    ) -> JSONValue {
        let known: [JSONValue.Member] = [
            .init("id", .string(id)), .init("meter", .string(meter)), .init("at", .string(at.description)),
        ]
        return .object(known + more)
    }
}
