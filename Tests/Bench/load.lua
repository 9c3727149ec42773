-- What one wrk thread sends: method, headers and body come from the environment; each body can vary.
-- In LOAD_BODY, %A and %B become two different names from LOAD_NAMES, %T the run's tag and %N a number that grows.

local method = os.getenv("LOAD_METHOD") or "GET"
local body = os.getenv("LOAD_BODY")
local tag = os.getenv("LOAD_TAG") or "load"
local keyed = os.getenv("LOAD_KEYED") == "1"

local names = {}
for name in (os.getenv("LOAD_NAMES") or ""):gmatch("[^,]+") do names[#names + 1] = name end

wrk.method = method
for name, value in (os.getenv("LOAD_HEADERS") or ""):gmatch("([^:\n]+): ([^\n]+)") do
  wrk.headers[name] = value
end

local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init()
  math.randomseed(number * 7919)
  if not body then return end
  local count = 0
  request = function()
    count = count + 1
    local values = { N = tostring(count), T = tag }
    if #names > 1 then
      local first = math.random(1, #names)
      local step = math.random(1, #names - 1)
      values.A = names[first]
      values.B = names[(first + step - 1) % #names + 1]
    end
    if keyed then wrk.headers["Idempotency-Key"] = tag .. "-" .. number .. "-" .. count end
    return wrk.format(method, nil, wrk.headers, (body:gsub("%%([ABNT])", values)))
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "seconds": %.3f, "status_errors": %d, "socket_errors": %d, "p50": %.3f, "p99": %.3f}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
