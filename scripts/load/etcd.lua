-- Load for wrk on etcd's JSON gateway: the same work as ours.lua, in the base64 that the gateway wants.

local work = os.getenv("WORK")
local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local headers = { ["Content-Type"] = "application/json" }
local count = 0

local function base64(text)
  local out = {}
  for at = 1, #text, 3 do
    local a, b, c = text:byte(at, at + 2)
    local bits = a * 65536 + (b or 0) * 256 + (c or 0)
    for place = 3, 0, -1 do
      local sextet = math.floor(bits / 64 ^ place) % 64 + 1
      out[#out + 1] = letters:sub(sextet, sextet)
    end
    if not b then out[#out - 1], out[#out] = "=", "=" elseif not c then out[#out] = "=" end
  end
  return table.concat(out)
end

local value = base64(string.rep("x", 64))

request = function()
  count = count + 1
  local key = base64("key-" .. (count * 7919 % 10000))
  if work == "write" then
    return wrk.format("POST", "/v3/kv/put", headers, '{"key":"' .. key .. '","value":"' .. value .. '"}')
  end
  return wrk.format("POST", "/v3/kv/range", headers, '{"key":"' .. key .. '"}')
end

dofile("report.lua")
