<#
.SYNOPSIS
    Writes the facts of a Windows Server for `hotpatch check`, as one line of JSON. It only reads.
.DESCRIPTION
    Requires Windows PowerShell 5.1 or newer. Run it as administrator, to read Device Guard and the Arc agent.
    Facts that can't be read are null, and are reported as unknown. No data leaves the machine. In Azure, the
    script reads the image from the local address 169.254.169.254.

    One machine:   .\collect.ps1 | Out-File -Encoding utf8 web01.json
    Many:          Invoke-Command -ComputerName (Get-Content servers.txt) -FilePath .\collect.ps1 |
                       Out-File -Encoding utf8 servers.json
    Then:          hotpatch check servers.json
#>
$ErrorActionPreference = 'SilentlyContinue'

function Get-Value([string] $Path, [string] $Name) {
    $key = Get-Item -LiteralPath "HKLM:\$Path"
    if ($null -ne $key) { $key.GetValue($Name) }
}

$nt = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion'
$memory = 'SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management'
$servicing = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending'
$updating = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired'
$computer = Get-CimInstance -ClassName Win32_ComputerSystem
$guard = Get-CimInstance -Namespace root\Microsoft\Windows\DeviceGuard -ClassName Win32_DeviceGuard
$fixes = Get-CimInstance -ClassName Win32_QuickFixEngineering

# Pending updates that Windows Update has already found: the search is offline.
$waiting = $null
$session = [Activator]::CreateInstance([Type]::GetTypeFromProgID('Microsoft.Update.Session'))
if ($null -ne $session) {
    $searcher = $session.CreateUpdateSearcher()
    $searcher.Online = $false
    $result = $searcher.Search('IsInstalled=0 and IsHidden=0')
    if ($null -ne $result) {
        $waiting = @($result.Updates | ForEach-Object {
            [ordered]@{
                Title      = $_.Title
                Kbs        = @($_.KBArticleIDs | ForEach-Object { "KB$_" })
                Categories = @($_.Categories | ForEach-Object { $_.Name })
            }
        })
    }
}

# Azure Arc: the state of the agent.
$arc = [ordered]@{ Installed = $false }
$agent = "$env:ProgramFiles\AzureConnectedMachineAgent\azcmagent.exe"
if (Test-Path -LiteralPath $agent) {
    $arc.Installed = $true
    $said = (& $agent show -j) -join "`n" | ConvertFrom-Json
    foreach ($name in 'status', 'agentVersion', 'subscriptionId', 'resourceGroup', 'resourceName', 'location') {
        if ($null -ne $said) { $arc[$name] = $said.$name }
    }
}

# Azure: the instance metadata service, without a proxy. Only these fields, because others can have secrets.
$azure = $null
if ($computer.Manufacturer -eq 'Microsoft Corporation') {
    $direct = [Microsoft.PowerShell.Commands.WebRequestSession]::new()
    $direct.Proxy = [Net.WebProxy]::new()
    $uri = 'http://169.254.169.254/metadata/instance/compute?api-version=2021-02-01'
    $vm = Invoke-RestMethod -Uri $uri -Headers @{ Metadata = 'true' } -WebSession $direct -TimeoutSec 3
    if ($null -ne $vm.resourceId) {
        $image = $vm.storageProfile.imageReference
        $azure = [ordered]@{
            name = $vm.name; resourceId = $vm.resourceId; location = $vm.location; zone = $vm.zone
            image = [ordered]@{
                id = $image.id; publisher = $image.publisher; offer = $image.offer; sku = $image.sku
                version = $image.version
            }
        }
    }
}

[ordered]@{
    HotpatchCollect = 1
    CollectedAt     = [DateTime]::UtcNow.ToString('s') + 'Z'
    ComputerName    = $env:COMPUTERNAME
    DnsName         = if ($computer.PartOfDomain) { "$($computer.DNSHostName).$($computer.Domain)" } else { $null }
    Windows         = [ordered]@{
        ProductName        = Get-Value $nt 'ProductName'
        EditionID          = Get-Value $nt 'EditionID'
        DisplayVersion     = Get-Value $nt 'DisplayVersion'
        CurrentBuildNumber = Get-Value $nt 'CurrentBuildNumber'
        UBR                = Get-Value $nt 'UBR'
    }
    HotFixes        = @($fixes | ForEach-Object { $_.HotFixID })
    Waiting         = $waiting
    RestartPending  = (Test-Path -LiteralPath $servicing) -or (Test-Path -LiteralPath $updating)
    VbsStatus       = $guard.VirtualizationBasedSecurityStatus
    SecureBoot      = Get-Value 'SYSTEM\CurrentControlSet\Control\SecureBoot\State' 'UEFISecureBootEnabled'
    FirmwareType    = Get-Value 'SYSTEM\CurrentControlSet\Control' 'PEFirmwareType'
    HotPatchTable   = Get-Value $memory 'HotPatchTableSize'
    Arc             = $arc
    Azure           = $azure
} | ConvertTo-Json -Depth 5 -Compress
