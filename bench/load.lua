-- Requests of one kind at random ids and with random bodies, made before the clock starts.
-- Arguments: kind, highest id, seed, file of bodies (one a line).

local pool, size = {}, 0
local json = { ["Content-Type"] = "application/json" }

local function bodies(file)
  local lines = {}
  for line in io.lines(file) do
    lines[#lines + 1] = line
    if #lines == 2000 then break end
  end
  return lines
end

function init(args)
  local kind, rows, seed, file = args[1], tonumber(args[2]), tonumber(args[3]), args[4]
  math.randomseed(seed)
  local lines = bodies(file)
  local function item() return "/api/collections/" .. math.random(rows) end
  local function body() return lines[math.random(#lines)] end
  local make = {
    get = function() return wrk.format("GET", item()) end,
    list = function() return wrk.format("GET", "/api/collections") end,
    analytics = function() return wrk.format("GET", "/api/analytics") end,
    health = function() return wrk.format("GET", "/health") end,
    create = function() return wrk.format("POST", "/api/collections", json, body()) end,
    update = function() return wrk.format("PUT", item(), json, body()) end,
  }
  make.mixed = function()
    local dice = math.random(10)
    return (dice <= 8 and make.get or dice == 9 and make.create or make.update)()
  end
  size = 8192
  for n = 1, size do pool[n] = make[kind]() end
end

function request() return pool[math.random(size)] end

-- wrk counts an answer of 400 and above as an error; redirects are excluded by the check of answers before.
function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"bytes":%d,"p50":%d,"p95":%d,"p99":%d,"max":%d,'
      .. '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\n',
    summary.requests, summary.duration, summary.bytes,
    latency:percentile(50), latency:percentile(95), latency:percentile(99), latency.max,
    e.connect, e.read, e.write, e.status, e.timeout))
end
