-- Load for wrk on Mini-Raft: WORK=write puts 64 bytes under one of 10,000 keys, WORK=read reads one, linearizably.

local work = os.getenv("WORK")
local value = string.rep("x", 64)
local count = 0

request = function()
  count = count + 1
  local path = "/v1/kv/key-" .. (count * 7919 % 10000)
  if work == "write" then return wrk.format("PUT", path, nil, value) end
  return wrk.format("GET", path)
end

dofile("report.lua")
