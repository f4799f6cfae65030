-- wrk -s wrk.lua URL -- FILE
-- Each line of FILE is a path and, behind a tab, an Authorization header or nothing. They are
-- asked for in turn; the figures are printed as one line of JSON.
local requests, position = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, authorization = line:match("^([^\t]*)\t(.*)$")
    local headers = {["X-Forwarded-Proto"] = "https", ["Accept"] = "application/json"}
    if authorization ~= "" then headers["Authorization"] = authorization end
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
end

function request()
  position = position % #requests + 1
  return requests[position]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
